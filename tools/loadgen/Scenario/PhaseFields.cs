using System.Text.Json;

namespace KvTcp.LoadGen;

/// <summary>The fields of a phase, and how each changes a plan. docs/loadgen.md describes them, and a test compares.</summary>
internal static class PhaseFields
{
    /// <summary>The field that names a phase.</summary>
    public const string Name = "name";

    /// <summary>The other fields. Each throws <see cref="FormatException"/>, with what would be right, for a value that is not.</summary>
    public static IReadOnlyDictionary<string, Func<LoadPlan, JsonElement, LoadPlan>> All { get; } =
        new Dictionary<string, Func<LoadPlan, JsonElement, LoadPlan>>(StringComparer.Ordinal)
        {
            ["duration"] = static (plan, value) => plan with { Duration = Time(value, PlanLimits.ShortestRun), Count = null },
            ["count"] = static (plan, value) => plan with { Count = Whole(value, 1, long.MaxValue) },
            ["warmUp"] = static (plan, value) => plan with { WarmUp = Time(value, TimeSpan.Zero) },
            ["rate"] = static (plan, value) => plan with { Rate = NumberOrNull(value, PlanLimits.LowestRate, PlanLimits.HighestRate) },
            ["connections"] = static (plan, value) => plan with { Connections = (int)Whole(value, 1, PlanLimits.MostConnections) },
            ["depth"] = static (plan, value) => plan with { Depth = (int)Whole(value, 1, PlanLimits.DeepestPipeline) },
            ["keysPerRequest"] = static (plan, value) => plan with { KeysPerRequest = (int)Whole(value, 1, PlanLimits.MostKeysPerRequest) },
            ["missShare"] = static (plan, value) => plan with { Keys = plan.Keys with { MissShare = Number(value, 0, 1) } },
            ["zipf"] = static (plan, value) => plan with { Keys = plan.Keys with { ZipfExponent = NumberOrNull(value, PlanLimits.FlattestZipf, PlanLimits.SteepestZipf) } },
        };

    private static double? NumberOrNull(JsonElement value, double least, double most) =>
        value.ValueKind == JsonValueKind.Null ? null : Number(value, least, most);

    private static double Number(JsonElement value, double least, double most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most
            ? number
            : throw new FormatException($"is not a number from {least} to {most}");

    private static long Whole(JsonElement value, long least, long most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= least && number <= most
            ? number
            : throw new FormatException($"is not a whole number from {least} to {most}");

    private static TimeSpan Time(JsonElement value, TimeSpan least)
    {
        string text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => value.GetString()!,
            _ => "",
        };
        return DurationText.TryParse(text, least, PlanLimits.LongestRun, out TimeSpan time, out string? error)
            ? time
            : throw new FormatException(error);
    }
}
