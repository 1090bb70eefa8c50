using System.Globalization;
using System.Text;
using KvTcp.Redis;

namespace KvTcp.Cli;

/// <summary>
/// A small file that says how far a load has come, so that another one goes on from there. It says what the Redis has acknowledged, not what it
/// still has: what it loses afterwards is not sent again.
/// </summary>
internal sealed class LoadCheckpoint
{
    private const string Heading = "kvtcp load checkpoint 1";
    private const string PositionName = "position ";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly string _about;
    private long _nextWrite;

    private LoadCheckpoint(string path, string about, long start)
    {
        _path = path;
        _about = about;
        Start = start;
        _nextWrite = Environment.TickCount64 + (long)Interval.TotalMilliseconds;
    }

    /// <summary>Where the load begins: behind what is stored.</summary>
    public long Start { get; }

    /// <summary>Opens the checkpoint of a load.</summary>
    /// <param name="path">The file; it need not exist.</param>
    /// <param name="source">What is loaded.</param>
    /// <param name="target">Where to.</param>
    /// <exception cref="CommandException">The file is the checkpoint of another load, is none, or cannot be read.</exception>
    public static LoadCheckpoint Open(string path, string source, RedisUrl target)
    {
        FileInfo file = new(source);
        string about = string.Create(
            CultureInfo.InvariantCulture,
            $"{Heading}\nsource {file.FullName}\nlength {file.Length}\nwritten {file.LastWriteTimeUtc.Ticks}\ntarget {target}\n{PositionName}");
        try
        {
            if (!File.Exists(path))
            {
                return new LoadCheckpoint(path, about, start: 0);
            }

            string text = File.ReadAllText(path, Encoding.UTF8);
            return text.StartsWith(about, StringComparison.Ordinal) &&
                long.TryParse(text.AsSpan(about.Length).TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out long position)
                    ? new LoadCheckpoint(path, about, position)
                    : throw new CommandException(
                        ExitCode.Usage,
                        $"{path} is not the checkpoint of this load: {Difference(text)}; name another file, or remove it to begin again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.InputOutput, $"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Notes how far the load is, about once a second.</summary>
    /// <param name="position">Up to where everything is stored.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Note(long position)
    {
        if (Environment.TickCount64 >= _nextWrite)
        {
            Write(position);
            _nextWrite = Environment.TickCount64 + (long)Interval.TotalMilliseconds;
        }
    }

    /// <summary>Writes the file, in one step.</summary>
    /// <param name="position">Up to where everything is stored.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(long position)
    {
        string partial = _path + ".partial";
        File.WriteAllText(partial, string.Create(CultureInfo.InvariantCulture, $"{_about}{position}\n"), Encoding.UTF8);
        File.Move(partial, _path, overwrite: true);
    }

    /// <summary>Removes the file: the load is complete.</summary>
    public void Remove() => File.Delete(_path);

    private static string Difference(string text) => text.StartsWith(Heading, StringComparison.Ordinal)
        ? "the data file, its content or the target is another one"
        : "it is no checkpoint at all";
}
