using System.Text;
using System.Text.RegularExpressions;
using KvTcp.Protocol;
using KvTcp.Server;

namespace KvTcp.Tests.Support;

/// <summary>
/// docs/protocol.md written down a second time, as slowly and plainly as possible: the whole stream as one string, a dictionary,
/// regular expressions. The server has to agree with it byte for byte, except for the texts of errors, which are for people.
/// </summary>
internal sealed partial class ProtocolModel
{
    private const string NoText = "...";
    private const int Patience = 60_000;

    private readonly IReadOnlyDictionary<Guid, byte[]> _pairs;
    private readonly string _version;
    private readonly ServerOptions _options;
    private readonly StringBuilder _replies = new();
    private readonly ConnectionCounters _counters = new();
    private bool _isClosed;

    private ProtocolModel(TestDataset data, ServerOptions options)
    {
        _pairs = data.Pairs;
        _version = $"kvtcp/{CommandReplies.ServerVersion} proto=1 dataset={data.Dataset.Id} keys={data.Pairs.Count} " +
            $"loaded={data.Holder.Current!.LoadedAt:yyyy-MM-ddTHH:mm:ss.fffZ} reload=none";
        _options = options;
    }

    /// <summary>What the server has to say to a stream.</summary>
    /// <param name="data">The pairs.</param>
    /// <param name="options">The limits.</param>
    /// <param name="stream">All bytes of the client.</param>
    /// <param name="ends">Whether the client then ends its side.</param>
    public static ModelAnswer Answer(TestDataset data, ServerOptions options, byte[] stream, bool ends)
    {
        ProtocolModel model = new(data, options);
        model.Read(ByteText.Text(stream), ends);
        return new ModelAnswer(model._replies.ToString(), model._isClosed, model._counters);
    }

    /// <summary>Replies as the model writes them: without the texts of errors.</summary>
    public static string WithoutErrorTexts(string replies) => ErrorReply().Replace(replies, $"ERR ${{code}} {NoText}");

    private void Read(string stream, bool ends)
    {
        if (stream.StartsWith("\u0016\u0003", StringComparison.Ordinal))
        {
            _isClosed = true;
            return;
        }

        for (int start = 0; !_isClosed && start < stream.Length;)
        {
            int end = stream.IndexOf('\n', start);
            if ((end < 0 ? stream.Length : end) - start >= _options.MaxRequestLine)
            {
                _counters.Requests++;
                Refuse("TOO_LONG");
                _isClosed = true;
            }
            else if (end < 0)
            {
                _counters.Requests += ends ? 1 : 0;
                if (ends)
                {
                    Refuse("ARGS");
                }

                return;
            }
            else
            {
                ReadLine(stream[start..end]);
                start = end + 1;
            }
        }
    }

    private void ReadLine(string line)
    {
        line = (line.EndsWith('\r') ? line[..^1] : line).TrimEnd(' ');
        if (line.Length == 0)
        {
            return;
        }

        _counters.Requests++;
        string[] words = line.Split(' ');
        string[] arguments = [.. words.Skip(1).Where(static word => word.Length > 0)];
        if (HttpLine().IsMatch(line))
        {
            Refuse("HTTP");
            _isClosed = true;
            return;
        }

        switch (words[0].ToUpperInvariant(), arguments.Length)
        {
            case ("GET", 1):
                WriteGetReply(arguments[0]);
                break;
            case ("MGET", > 0):
                Write($"LINES {arguments.Length}");
                Array.ForEach(arguments, WriteGetReply);
                break;
            case ("EXISTS", > 0):
                WriteExists(arguments);
                break;
            case ("COUNT", 0):
                Write($"OK {_pairs.Count}");
                break;
            case ("VERSION", 0):
                Write($"OK {_version}");
                break;
            case ("PING", 0):
                Write("OK PONG");
                break;
            case ("HELP", 0):
                Write($"LINES {CommandTable.Count}");
                Array.ForEach([.. Enumerable.Range(0, CommandTable.Count)], i => Write(ByteText.Text(CommandTable.HelpLine(i))));
                break;
            case ("QUIT", 0):
                Write("OK BYE");
                _isClosed = true;
                break;
            case ("RELOAD", 0) or ("ROLLBACK", 0) or ("AUTH", 1):
                Refuse("REFUSED");
                break;
            case ("GET" or "MGET" or "EXISTS" or "COUNT" or "VERSION" or "PING" or "HELP" or "QUIT" or "RELOAD" or "ROLLBACK" or "AUTH", _):
                Refuse("ARGS");
                break;
            default:
                Refuse("UNKNOWN");
                break;
        }
    }

    private void WriteGetReply(string text)
    {
        if (!IsKey(text))
        {
            _counters.KeyErrors++;
            Write($"ERR BAD_KEY {NoText}");
        }
        else if (_pairs.TryGetValue(Guid.Parse(text), out byte[]? value))
        {
            _counters.KeyHits++;
            Write($"OK {ByteText.Text(value)}");
        }
        else
        {
            _counters.KeyMisses++;
            Write("NOT_FOUND");
        }
    }

    private void WriteExists(string[] arguments)
    {
        if (!arguments.All(IsKey))
        {
            _counters.KeyErrors++;
            Write($"ERR BAD_KEY {NoText}");
            return;
        }

        int hits = arguments.Count(argument => _pairs.ContainsKey(Guid.Parse(argument)));
        _counters.KeyHits += hits;
        _counters.KeyMisses += arguments.Length - hits;
        Write($"OK {hits}");
    }

    private bool IsKey(string text) => (_options.RequireVersion4 ? Version4Key() : AnyKey()).IsMatch(text);

    private void Refuse(string code)
    {
        _counters.RequestErrors++;
        Write($"ERR {code} {NoText}");
    }

    private void Write(string line) => _replies.Append(line).Append('\n');

    [GeneratedRegex(@"\A[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\z", RegexOptions.None, Patience)]
    private static partial Regex AnyKey();

    [GeneratedRegex(
        @"\A[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}\z", RegexOptions.None, Patience)]
    private static partial Regex Version4Key();

    [GeneratedRegex(@"[^ ].* HTTP/1\.[0-9]\z", RegexOptions.None, Patience)]
    private static partial Regex HttpLine();

    [GeneratedRegex(@"^ERR (?<code>[A-Z_]+) [^\n]+", RegexOptions.Multiline, Patience)]
    private static partial Regex ErrorReply();
}

/// <summary>What <see cref="ProtocolModel"/> expects of the server.</summary>
/// <param name="Replies">All replies, the texts of errors left out.</param>
/// <param name="Closes">Whether the server closes before it is asked for more.</param>
/// <param name="Counters">What STATS counts.</param>
internal sealed record ModelAnswer(string Replies, bool Closes, ConnectionCounters Counters);
