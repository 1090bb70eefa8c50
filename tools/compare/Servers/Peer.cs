using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>A server that is compared: how it is installed, started, and asked. Stateless. docs/decisions/comparison.md has the reasons.</summary>
internal abstract class Peer
{
    /// <summary>All that are compared; the first is ours.</summary>
    public static IReadOnlyList<Peer> All { get; } = [new KvTcpPeer(), new RedisPeer(), new MemcachedPeer(), new GarnetPeer(), new FastApiPeer()];

    /// <summary>What options and tables call it.</summary>
    public abstract string Name { get; }

    /// <summary>What it speaks.</summary>
    public abstract WireProtocol Protocol { get; }

    /// <summary>Whether its clients send requests before the replies to earlier ones have come.</summary>
    public virtual bool IsPipelined => true;

    /// <summary>How many processes it serves from, each of which holds the data for itself.</summary>
    /// <param name="cores">The cores that it runs on.</param>
    public virtual int Workers(IReadOnlyList<int> cores) => 1;

    /// <summary>Its settings, for the page.</summary>
    public abstract string Settings { get; }

    /// <summary>Makes sure that it can be started.</summary>
    /// <exception cref="KvTcp.Cli.CommandException">It cannot be installed.</exception>
    public abstract Task InstallAsync(CancellationToken cancellation);

    /// <summary>Its version, for the page.</summary>
    public abstract Task<string> VersionAsync(CancellationToken cancellation);

    /// <summary>How it is started.</summary>
    public abstract PeerCommand Command(PeerLaunch launch);

    /// <summary>The request that it answers with the number of its pairs.</summary>
    public abstract ReadOnlyMemory<byte> CountRequest { get; }

    /// <summary>Reads the number of pairs.</summary>
    /// <param name="reply">What has been received so far.</param>
    /// <returns>Null while the reply is not complete.</returns>
    /// <exception cref="FormatException">It is another reply.</exception>
    public abstract long? ReadCount(string reply);
}
