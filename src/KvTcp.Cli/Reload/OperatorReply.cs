using KvTcp.Protocol;

namespace KvTcp.Cli;

/// <summary>A server's reply of one line.</summary>
/// <param name="Code">The code of an error; null for OK.</param>
/// <param name="Text">The text after OK, or after the code.</param>
internal sealed record OperatorReply(ErrorCode? Code, string Text);
