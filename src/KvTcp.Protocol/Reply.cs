using System.Buffers;

namespace KvTcp.Protocol;

/// <summary>A parsed reply line: a view of the received bytes, valid until they are given back to the reader.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Text">The value or text of OK, the explanation of an error; empty otherwise.</param>
/// <param name="Code">The code of an error; <see cref="ErrorCode.Unrecognized"/> otherwise.</param>
/// <param name="LineCount">The number of lines that follow LINES; 0 otherwise.</param>
public readonly record struct Reply(ReplyKind Kind, ReadOnlySequence<byte> Text, ErrorCode Code, int LineCount);
