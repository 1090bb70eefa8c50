namespace KvTcp.LoadGen;

/// <summary>A phase of a scenario. Immutable.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Plan">What it runs.</param>
internal sealed record ScenarioPhase(string Name, LoadPlan Plan);
