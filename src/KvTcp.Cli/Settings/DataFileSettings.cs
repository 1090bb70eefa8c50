using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Turns settings and paths into what <see cref="DatasetLoader"/> takes.</summary>
internal static class DataFileSettings
{
    /// <summary>How to read data files.</summary>
    /// <param name="settings">The settings.</param>
    /// <exception cref="CommandException">A setting is wrong.</exception>
    public static DataFileOptions Options(SettingSources settings)
    {
        DataFileOptions defaults = new();
        return defaults with
        {
            OnBadLine = settings.Get(KnownSettings.OnBadLine, defaults.OnBadLine),
            Duplicates = settings.Get(KnownSettings.Duplicates, defaults.Duplicates),
            UuidVersion = settings.Get(KnownSettings.UuidVersion, 0) is 4 ? 4 : null,
            MaxValueLength = settings.Get(KnownSettings.MaxValueLength, defaults.MaxValueLength),
            Snapshots = settings.Get(KnownSettings.Load, defaults.Snapshots),
        };
    }

    /// <summary>How to read data files for a command that must not take damage for data.</summary>
    /// <param name="settings">The settings.</param>
    /// <exception cref="CommandException">A setting is wrong.</exception>
    public static DataFileOptions CheckedOptions(SettingSources settings) => Options(settings) with { Snapshots = SnapshotLoad.Verify };

    /// <summary>The sources that paths name, to be read once.</summary>
    /// <param name="paths">Paths of files; <c>-</c> is standard input.</param>
    /// <exception cref="CommandException">A path is empty, is no file, or standard input is named twice.</exception>
    public static IReadOnlyList<DataSource> Sources(IReadOnlyList<string> paths)
    {
        Check(paths);
        return [.. paths.Select(DataSource.FromPath)];
    }

    /// <summary>Looks for what is wrong with paths before anything is opened.</summary>
    /// <param name="paths">Paths of files; <c>-</c> is standard input.</param>
    /// <exception cref="CommandException">A path is empty, is no file, or standard input is named twice.</exception>
    public static void Check(IReadOnlyList<string> paths)
    {
        if (paths.Count(static p => p is "-") > 1)
        {
            throw new CommandException(ExitCode.Usage, "standard input (-) is given more than once; it can be read only once");
        }

        foreach (string path in paths)
        {
            Check(path);
        }
    }

    private static void Check(string path)
    {
        if (path.Length == 0)
        {
            throw new CommandException(ExitCode.Usage, "the path of a data file is empty");
        }

        if (path is not "-" && Directory.Exists(path))
        {
            throw new CommandException(ExitCode.NoInput, $"{path} is a directory; name the files in it");
        }

        if (path is not "-" && !File.Exists(path))
        {
            ThrowIfOutOfReach(path);
            throw new CommandException(ExitCode.NoInput, $"{path} does not exist{Base(path)}; check the path");
        }
    }

    /// <summary>A file behind a directory that may not be entered is not there either, as far as <see cref="File.Exists"/> can tell.</summary>
    private static void ThrowIfOutOfReach(string path)
    {
        try
        {
            _ = File.GetAttributes(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException(
                ExitCode.NoInput, $"{path} cannot be reached: permission denied; check the permissions of the directories above it", e);
        }
        catch (IOException)
        {
            // It does not exist.
        }
    }

    private static string Base(string path) => Path.IsPathRooted(path) ? "" : $" in {Directory.GetCurrentDirectory()}";
}
