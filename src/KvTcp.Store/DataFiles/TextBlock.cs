namespace KvTcp.Store;

/// <summary>A block of a stream's text on its way to a worker.</summary>
/// <param name="Buffer">The text.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Sequence">Its place in the stream.</param>
internal readonly record struct TextBlock(TextBuffer Buffer, BlockKind Kind, long Sequence);
