namespace KvTcp.Tests.Support;

/// <summary>A clock that a test sets, for programs that it starts: libfaketime answers them when they ask for the time of day. Monotonic clocks stay real.</summary>
/// <param name="file">Where the setting goes; a file of the test.</param>
internal sealed class FakedClock(string file)
{
    /// <summary>The variables of a program with this clock.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["LD_PRELOAD"] = Library(),
        ["FAKETIME_TIMESTAMP_FILE"] = file,

        // Read at each question, so that a setting counts at once.
        ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",

        // The times of files are the kernel's.
        ["NO_FAKE_STAT"] = "1",
    };

    /// <summary>Sets the clock.</summary>
    /// <param name="off">By how much it is off.</param>
    public void Set(TimeSpan off)
    {
        File.WriteAllText($"{file}.new", $"{(off < TimeSpan.Zero ? "" : "+")}{(long)off.TotalSeconds}\n");
        File.Move($"{file}.new", file, overwrite: true);
    }

    private static string Library() => Directory.GetDirectories("/usr/lib", "*-linux-gnu*")
        .Select(static folder => Path.Combine(folder, "faketime/libfaketimeMT.so.1"))
        .FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("libfaketime is missing; ./run.sh test installs it (faketime)");
}
