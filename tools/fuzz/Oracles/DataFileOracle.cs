using System.Text;
using System.Text.RegularExpressions;
using KvTcp.Store;

namespace KvTcp.Fuzz;

/// <summary>Reads data files the slow and obvious way, straight from docs/data-file.md, to compare the loader with.</summary>
internal sealed partial class DataFileOracle
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly DataFileOptions _options;

    public DataFileOracle(DataFileOptions options, params IEnumerable<(string Name, byte[] Text)> sources)
    {
        _options = options;
        foreach ((string name, byte[] text) in sources)
        {
            Read(name, text);
        }
    }

    public Dictionary<Guid, byte[]> Pairs { get; } = [];

    public int Lines { get; private set; }

    public int BlankLines { get; private set; }

    public List<BadLine> BadLines { get; } = [];

    public List<(Guid Key, string Place)> Duplicates { get; } = [];

    public Dictionary<Guid, string> FirstPlaces { get; } = [];

    private void Read(string name, byte[] text)
    {
        // Latin-1 keeps every byte as one character.
        string all = Encoding.Latin1.GetString(text);
        if (all.StartsWith("\u00EF\u00BB\u00BF", StringComparison.Ordinal))
        {
            all = all[3..];
        }

        string[] lines = all.Split('\n');
        if (lines[^1].Length == 0)
        {
            lines = lines[..^1];
        }

        for (int i = 0; i < lines.Length; i++)
        {
            Lines++;
            string line = lines[i].EndsWith('\r') ? lines[i][..^1] : lines[i];
            if (line.Length == 0)
            {
                BlankLines++;
            }
            else if (Fault(line) is string fault)
            {
                BadLines.Add(new BadLine(name, i + 1, fault));
            }
            else
            {
                Add(Guid.ParseExact(line[..36], "D"), Encoding.Latin1.GetBytes(line[37..]), $"{name}:{i + 1}");
            }
        }
    }

    private void Add(Guid key, byte[] value, string place)
    {
        if (!FirstPlaces.TryAdd(key, place))
        {
            Duplicates.Add((key, place));
        }

        if (_options.Duplicates == DuplicatePolicy.Last || !Pairs.ContainsKey(key))
        {
            Pairs[key] = value;
        }
    }

    private string? Fault(string line)
    {
        if (!Uuid().IsMatch(line))
        {
            return "the line does not start with a UUID (8-4-4-4-12 hexadecimal digits)";
        }

        if (line.Length == 36 || line[36] != ' ')
        {
            return "no space after the key";
        }

        if (_options.UuidVersion == 4 && !UuidOracle.IsVersion4(line))
        {
            return "the key is no version 4 UUID";
        }

        string value = line[37..];
        if (value.Length > _options.MaxValueLength)
        {
            return $"the value is longer than {_options.MaxValueLength} bytes";
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            return "NUL inside the value";
        }

        if (value.Contains('\r', StringComparison.Ordinal))
        {
            return "CR inside the value";
        }

        try
        {
            _ = StrictUtf8.GetString(Encoding.Latin1.GetBytes(value));
            return null;
        }
        catch (DecoderFallbackException)
        {
            return "the value is not valid UTF-8";
        }
    }

    [GeneratedRegex("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Uuid();
}
