namespace KvTcp.Compare;

/// <summary>What a start of a server is told. Immutable.</summary>
/// <param name="Port">Where it listens on 127.0.0.1.</param>
/// <param name="Cores">The cores that it runs on, and for each of which it may have a thread.</param>
/// <param name="Pairs">The pairs that it has to have memory for.</param>
/// <param name="DataFile">The data file that it serves; one that pairs are sent to starts empty all the same.</param>
/// <param name="Folder">Its current directory.</param>
internal sealed record PeerLaunch(int Port, IReadOnlyList<int> Cores, long Pairs, string DataFile, string Folder);
