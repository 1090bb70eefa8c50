using System.Text.Json;

namespace KvTcp.LoadGen;

/// <summary>Reads scenario files: <c>{"description": "...", "phases": [{"name": "...", "duration": "10s", "rate": 50000}]}</c>.</summary>
/// <remarks>Strict: an unknown or repeated field is an error, for a misspelt one would silently measure something else.</remarks>
internal static class ScenarioFile
{
    /// <summary>The longest file; it is read as a whole.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>The most phases in a file.</summary>
    public const int MostPhases = 1_000;

    /// <summary>The longest name of a phase: it stands at the beginning of a line.</summary>
    public const int LongestName = 40;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plan">What holds where a phase says nothing.</param>
    /// <exception cref="ScenarioException">It cannot be read, or holds no scenario.</exception>
    public static IReadOnlyList<ScenarioPhase> Read(string path, LoadPlan plan)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] start = new byte[MostBytes + 1];
            int length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            return length <= MostBytes
                ? Parse(start.AsMemory(0, length), path, plan)
                : throw new ScenarioException($"{path} is longer than {MostBytes >> 20} MiB, the most for a scenario");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a scenario.</summary>
    /// <param name="json">Its text in UTF-8.</param>
    /// <param name="file">What errors call it.</param>
    /// <param name="plan">What holds where a phase says nothing.</param>
    /// <exception cref="ScenarioException">It is no scenario.</exception>
    public static IReadOnlyList<ScenarioPhase> Parse(ReadOnlyMemory<byte> json, string file, LoadPlan plan)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            return Phases(document.RootElement, file, plan);
        }
        catch (JsonException e)
        {
            string place = e.LineNumber is { } line ? $" in line {line + 1}" : "";
            throw new ScenarioException($"{file} is not JSON{place}: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // Every type is checked before it is read, so this can only be half a surrogate pair, or bytes that are no UTF-8.
            throw new ScenarioException($"{file} holds text that is not Unicode", e);
        }
    }

    private static List<ScenarioPhase> Phases(JsonElement root, string file, LoadPlan plan)
    {
        List<ScenarioPhase> phases = [];
        foreach (JsonElement phase in PhaseList(root, file).EnumerateArray())
        {
            string place = $"{file}: phase {phases.Count + 1}";
            ScenarioPhase next = Phase(phase, place, plan);
            if (phases.Exists(other => other.Name.Equals(next.Name, StringComparison.Ordinal)))
            {
                throw new ScenarioException($"{place}: another phase is called '{next.Name}', too");
            }

            phases.Add(next);
        }

        return phases;
    }

    private static JsonElement PhaseList(JsonElement root, string file)
    {
        RequireObject(root, file);
        JsonElement? phases = null;
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
                    throw new ScenarioException($"{file}: description is no text");
                default:
                    throw new ScenarioException($"{file}: there is no field '{field.Name}'; a scenario has description and phases");
            }
        }

        return phases is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() is > 0 and <= MostPhases
            ? array
            : throw new ScenarioException($"{file}: phases is not a list of 1 to {MostPhases} phases");
    }

    private static ScenarioPhase Phase(JsonElement phase, string place, LoadPlan plan)
    {
        RequireObject(phase, place);
        string name = PhaseName(phase, place);
        place += $" ({name})";
        if (phase.TryGetProperty("duration", out _) && phase.TryGetProperty("count", out _))
        {
            throw new ScenarioException($"{place}: duration and count exclude each other");
        }

        foreach (JsonProperty field in phase.EnumerateObject().Where(static field => !field.NameEquals(PhaseFields.Name)))
        {
            if (!PhaseFields.All.TryGetValue(field.Name, out Func<LoadPlan, JsonElement, LoadPlan>? apply))
            {
                throw new ScenarioException(
                    $"{place}: there is no field '{field.Name}'; a phase has {PhaseFields.Name}, {string.Join(", ", PhaseFields.All.Keys)}");
            }

            try
            {
                plan = apply(plan, field.Value);
            }
            catch (FormatException e)
            {
                throw new ScenarioException($"{place}: {field.Name} {e.Message}", e);
            }
        }

        return new ScenarioPhase(name, plan);
    }

    private static string PhaseName(JsonElement phase, string place) =>
        phase.TryGetProperty(PhaseFields.Name, out JsonElement name) && name.ValueKind == JsonValueKind.String &&
        name.GetString() is { Length: > 0 and <= LongestName } text
            ? text
            : throw new ScenarioException($"{place}: {PhaseFields.Name} is missing, or not a text of 1 to {LongestName} characters");

    private static void RequireObject(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new ScenarioException($"{place}: it is not an object, which begins with {{");
        }
    }
}
