using System.Text;

namespace KvTcp.Benchmarks.ServerCost;

/// <summary>How GETs are written in a protocol, and how many line feeds each reply to a hit has.</summary>
/// <param name="Get">The bytes of one GET, given the text of its key.</param>
/// <param name="LineFeedsPerHit">Line feeds of the reply to one GET that hits.</param>
internal sealed record WireFormat(Func<string, byte[]> Get, int LineFeedsPerHit)
{
    /// <summary>KvTcp's line protocol.</summary>
    public static WireFormat Line { get; } = new(static key => Encoding.ASCII.GetBytes($"GET {key}\n"), 1);

    /// <summary>RESP, as Redis clients send it; a hit is a length line and a value line.</summary>
    public static WireFormat Resp { get; } = new(static key => Encoding.ASCII.GetBytes($"*2\r\n$3\r\nGET\r\n$36\r\n{key}\r\n"), 2);
}
