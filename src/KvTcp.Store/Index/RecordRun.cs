namespace KvTcp.Store.Index;

/// <summary>Records that follow each other without a gap.</summary>
/// <param name="Start">The offset of the first one.</param>
/// <param name="End">The offset behind the last one.</param>
internal readonly record struct RecordRun(long Start, long End);
