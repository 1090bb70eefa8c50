namespace KvTcp.Cli;

/// <summary>Whoever read standard output has gone, as <c>head</c> does; there is nobody to tell.</summary>
internal sealed class BrokenOutputException : IOException;
