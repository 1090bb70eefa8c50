using System.Globalization;

namespace KvTcp.Server;

/// <summary>Reads the figures that the kernel tells in the files of /proc and /sys.</summary>
internal static class KernelFile
{
    /// <summary>What a file says.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its lines; none where the system has no such file, or this process may not read it.</returns>
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The number that is all of a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The number; null where there is none.</returns>
    public static long? Number(string path) =>
        Lines(path) is [string line] && long.TryParse(line, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>The number of a line that begins with a name and a space, such as <c>MemAvailable:  1234 kB</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The name, with its colon if it has one.</param>
    /// <returns>The number, without its unit; null where there is none.</returns>
    public static long? Field(string path, string name)
    {
        string? line = Lines(path).FirstOrDefault(
            line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length..] is [' ' or '\t', ..]);
        return line is not null && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
    }
}
