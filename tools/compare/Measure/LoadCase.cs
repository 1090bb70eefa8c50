namespace KvTcp.Compare;

/// <summary>A kind of load that every server meets. Immutable.</summary>
/// <param name="Connections">How many connections.</param>
/// <param name="Depth">Requests in flight on each.</param>
/// <param name="MissShare">The share of keys that no server has.</param>
internal sealed record LoadCase(int Connections, int Depth, double MissShare)
{
    /// <summary>Unpipelined load from many clients: what capacity means where it is not said otherwise.</summary>
    public static LoadCase Typical { get; } = new(50, 1, 0);

    /// <summary>All that are measured.</summary>
    public static IReadOnlyList<LoadCase> All { get; } =
    [
        .. from connections in (int[])[1, 50, 200] from depth in (int[])[1, 16, 128] select new LoadCase(connections, depth, 0),
        new(8, 128, 0),
        new(50, 1, 1),
        new(50, 16, 1),
    ];

    /// <summary>Whether a server is to meet it.</summary>
    public bool Suits(Peer peer) => peer.IsPipelined || Depth == 1;
}
