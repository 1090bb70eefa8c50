namespace KvTcp.Compare;

/// <summary>One start of a server without data, and with it. Immutable.</summary>
/// <param name="Server">The server.</param>
/// <param name="Round">The round, from 1.</param>
/// <param name="EmptySeconds">From the start of the process without data to its first reply.</param>
/// <param name="ReadySeconds">From the start of the process to the first reply that counts all pairs, read by it from the data file; or until the last of those sent to it was stored.</param>
/// <param name="EmptyBytes">Resident memory without data.</param>
/// <param name="LoadedBytes">Resident memory with it.</param>
internal sealed record StartResult(string Server, int Round, double EmptySeconds, double ReadySeconds, long EmptyBytes, long LoadedBytes);
