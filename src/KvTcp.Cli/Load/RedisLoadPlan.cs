using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>What <c>kvtcp load</c> is to do. Immutable.</summary>
/// <param name="Path">The data file or snapshot; <c>-</c> is standard input.</param>
/// <param name="Target">Where to.</param>
/// <param name="DataFiles">How to read the file.</param>
/// <param name="CheckpointPath">The checkpoint, if there is to be one.</param>
/// <param name="Verifies">Whether to read everything back.</param>
/// <param name="RetryFor">How long to try again when a node fails.</param>
internal sealed record RedisLoadPlan(
    string Path, RedisUrl Target, DataFileOptions DataFiles, string? CheckpointPath, bool Verifies, TimeSpan RetryFor);
