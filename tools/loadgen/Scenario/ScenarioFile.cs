using System.Text.Json;
using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>Reads scenario files: <c>{"description": "...", "phases": [{"name": "...", "duration": "10s", "rate": 50000}]}</c>.</summary>
/// <remarks>Strict: an unknown or repeated field is an error, for a misspelt one would silently measure something else.</remarks>
internal static class ScenarioFile
{
    /// <summary>The longest file; it is read as a whole.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The most phases in a file.</summary>
    public const int MaxPhases = 1_000;

    /// <summary>The longest name of a phase: it stands at the beginning of a line.</summary>
    public const int MaxNameLength = 40;

    private const string NameField = "name";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    private static readonly IReadOnlyDictionary<string, string> Options =
        PlanOptions.OfPhases.ToDictionary(static option => option.Name.TrimStart('-'), static option => option.Name, StringComparer.Ordinal);

    /// <summary>The fields of a phase. All but its name are called like an option of the command line, and take the same values.</summary>
    public static IReadOnlyList<string> PhaseFields { get; } = [NameField, .. Options.Keys];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="planOf">Makes the plan of a phase from the options that it sets; null takes one back that the command line sets.</param>
    /// <exception cref="CommandException">It cannot be read, or holds no scenario.</exception>
    public static IReadOnlyList<ScenarioPhase> Read(string path, Func<IReadOnlyDictionary<string, string?>, LoadPlan> planOf)
    {
        byte[] json = new byte[MaxBytes + 1];
        int length;
        try
        {
            using FileStream file = File.OpenRead(path);
            length = file.ReadAtLeast(json, json.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.NoInput, $"{path} cannot be read: {e.Message}", e);
        }

        return length <= MaxBytes
            ? Parse(json.AsMemory(0, length), path, planOf)
            : throw Bad($"{path} is longer than {MaxBytes >> 20} MiB, the most for a scenario");
    }

    /// <summary>Reads a scenario.</summary>
    /// <param name="json">Its text in UTF-8.</param>
    /// <param name="file">What errors call it.</param>
    /// <param name="planOf">Makes the plan of a phase, as for <see cref="Read"/>.</param>
    /// <exception cref="CommandException">It is no scenario: the message says what is wrong in which phase and field.</exception>
    public static IReadOnlyList<ScenarioPhase> Parse(
        ReadOnlyMemory<byte> json, string file, Func<IReadOnlyDictionary<string, string?>, LoadPlan> planOf)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            return Phases(document.RootElement, file, planOf);
        }
        catch (JsonException e)
        {
            string place = e.LineNumber is { } line ? $" in line {line + 1}" : "";
            throw Bad($"{file} is not JSON{place}: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // Every type is checked before it is read, so this can only be half a surrogate pair, or bytes that are no UTF-8.
            throw Bad($"{file} holds text that is not Unicode", e);
        }
    }

    private static List<ScenarioPhase> Phases(JsonElement root, string file, Func<IReadOnlyDictionary<string, string?>, LoadPlan> planOf)
    {
        List<ScenarioPhase> phases = [];
        foreach (JsonElement phase in PhaseList(root, file).EnumerateArray())
        {
            string place = $"{file}: phase {phases.Count + 1}";
            ScenarioPhase next = Phase(phase, place, planOf);
            if (phases.Exists(other => other.Name.Equals(next.Name, StringComparison.Ordinal)))
            {
                throw Bad($"{place}: another phase is called '{next.Name}', too");
            }

            phases.Add(next);
        }

        return phases;
    }

    private static JsonElement PhaseList(JsonElement root, string file)
    {
        RequireObject(root, file);
        JsonElement phases = default;
        foreach (JsonProperty field in root.EnumerateObject())
        {
            switch (field.Name)
            {
                case "phases":
                    phases = field.Value;
                    break;
                case "description" when field.Value.ValueKind == JsonValueKind.String:
                    break;
                case "description":
                    throw Bad($"{file}: description is no text");
                default:
                    throw Bad($"{file}: there is no field '{field.Name}'; a scenario has description and phases");
            }
        }

        return phases.ValueKind == JsonValueKind.Array && phases.GetArrayLength() is > 0 and <= MaxPhases
            ? phases
            : throw Bad($"{file}: phases is not a list of 1 to {MaxPhases} phases");
    }

    private static ScenarioPhase Phase(JsonElement phase, string place, Func<IReadOnlyDictionary<string, string?>, LoadPlan> planOf)
    {
        RequireObject(phase, place);
        string name = PhaseName(phase, place);
        place += $" ({name})";
        Dictionary<string, string?> options = new(StringComparer.Ordinal);
        foreach (JsonProperty field in phase.EnumerateObject().Where(static field => !field.NameEquals(NameField)))
        {
            options.Add(
                Options.GetValueOrDefault(field.Name)
                    ?? throw Bad($"{place}: there is no field '{field.Name}'; a phase has {string.Join(", ", PhaseFields)}"),
                Value(field, place));
        }

        try
        {
            return new ScenarioPhase(name, planOf(options));
        }
        catch (CommandException e)
        {
            // It names options as the command line does.
            throw Bad($"{place}: {e.Message.Replace("--", "", StringComparison.Ordinal)}", e);
        }
    }

    private static string PhaseName(JsonElement phase, string place) =>
        phase.TryGetProperty(NameField, out JsonElement name) && name.ValueKind == JsonValueKind.String &&
        name.GetString() is { Length: > 0 and <= MaxNameLength } text
            ? text
            : throw Bad($"{place}: {NameField} is missing, or not a text of 1 to {MaxNameLength} characters");

    private static string? Value(JsonProperty field, string place) => field.Value.ValueKind switch
    {
        JsonValueKind.Number => field.Value.GetRawText(),
        JsonValueKind.String => field.Value.GetString(),
        JsonValueKind.Null => null,
        _ => throw Bad($"{place}: {field.Name} is neither a number nor a text"),
    };

    private static void RequireObject(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Bad($"{place}: it is not an object, which begins with {{");
        }
    }

    private static CommandException Bad(string message, Exception? cause = null) => new(ExitCode.BadData, message, cause);
}
