namespace KvTcp.Server;

/// <summary>What tells one version of a source from another; versions compare by value.</summary>
internal abstract record SourceVersion;
