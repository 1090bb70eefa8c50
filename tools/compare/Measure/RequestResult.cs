namespace KvTcp.Compare;

/// <summary>One server under one kind of load in one round. Immutable.</summary>
/// <param name="Server">The server.</param>
/// <param name="Case">The load.</param>
/// <param name="Round">The round, from 1.</param>
/// <param name="RequestsPerSecond">Requests answered a second.</param>
/// <param name="CpuMicroseconds">The server's processor time for each.</param>
/// <param name="Wait">How long clients waited.</param>
/// <param name="GeneratorLoad">How busy the threads of the generator were, 0 to 1: near 1 they were the limit, not the server.</param>
internal sealed record RequestResult(
    string Server, LoadCase Case, int Round, double RequestsPerSecond, double CpuMicroseconds, WaitTimes Wait, double GeneratorLoad);
