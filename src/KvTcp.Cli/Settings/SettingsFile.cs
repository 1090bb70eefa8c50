using System.Text.Json;

namespace KvTcp.Cli;

/// <summary>The section KvTcp of <c>appsettings.json</c> in the current directory. Immutable.</summary>
internal sealed class SettingsFile
{
    public const string FileName = "appsettings.json";

    private const string SectionName = "KvTcp";

    private static readonly JsonDocumentOptions Notation = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly Dictionary<string, string[]> _values;

    private SettingsFile(Dictionary<string, string[]> values) => _values = values;

    /// <summary>Reads the file; a missing one, and one without the section, set nothing.</summary>
    /// <param name="directory">Where it lies.</param>
    /// <param name="known">Every setting that the section may hold.</param>
    /// <exception cref="CommandException">It is not JSON, or holds a name or a value that no setting has.</exception>
    public static SettingsFile Read(string directory, IReadOnlyList<Setting> known)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return new SettingsFile([]);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), Notation);
            return new SettingsFile(Section(document.RootElement, known));
        }
        catch (JsonException e)
        {
            throw new CommandException(ExitCode.Usage, $"{FileName}, line {e.LineNumber + 1}: it is not valid JSON; mend it or remove it", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.NoInput, $"{FileName} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The values of a setting, or null when the file does not set it.</summary>
    /// <param name="setting">The setting.</param>
    public string[]? Find(Setting setting) => _values.GetValueOrDefault(setting.FileName);

    /// <summary>How messages name the place of a setting.</summary>
    /// <param name="name">The name in the section.</param>
    public static string Place(string name) => $"{FileName}, {SectionName}.{name}";

    private static Dictionary<string, string[]> Section(JsonElement root, IReadOnlyList<Setting> known)
    {
        Dictionary<string, string[]> values = new(StringComparer.Ordinal);
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(SectionName, out JsonElement section))
        {
            return values;
        }

        if (section.ValueKind != JsonValueKind.Object)
        {
            throw new CommandException(ExitCode.Usage, $"{FileName}, {SectionName}: it must be an object");
        }

        foreach (JsonProperty property in section.EnumerateObject())
        {
            Setting setting = known.FirstOrDefault(s => property.NameEquals(s.FileName)) ?? throw new CommandException(
                ExitCode.Usage,
                $"{Place(property.Name)}: there is no such setting; there are {string.Join(", ", known.Select(static s => s.FileName))}");
            values[property.Name] = Values(setting, property.Value);
        }

        return values;
    }

    private static string[] Values(Setting setting, JsonElement value)
    {
        IEnumerable<JsonElement> elements = setting.IsList && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        return [.. elements.Select(element => element.ValueKind switch
        {
            JsonValueKind.String => element.GetString()!,
            JsonValueKind.Number => element.GetRawText(),
            _ => throw new CommandException(
                ExitCode.Usage, $"{Place(setting.FileName)}: it must be a string{(setting.IsList ? ", or an array of strings" : " or a number")}"),
        })];
    }
}
