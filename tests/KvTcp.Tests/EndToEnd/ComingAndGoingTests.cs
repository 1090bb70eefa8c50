using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients that come and go. Descriptors and memory are measured for the whole process, so nothing runs beside these.</summary>
/// <param name="transport">The transport of this run.</param>
[Alone]
public class ComingAndGoingTests(TransportKind transport) : EveryTransport(transport)
{
    private const int MiB = 1 << 20;

    /// <summary>With two connections each, one over TCP and one over a Unix socket: the smallest object for each would be 1.2 MB.</summary>
    private const int Rounds = 12_500;

    [Test]
    public async Task Connections_that_come_and_go_leave_neither_files_nor_memory_behind()
    {
        // A reset needs no port for a minute, as an ordinary close does.
        string path = Path.Combine(Path.GetTempPath(), $"kvtcp-{Guid.NewGuid():n}.sock");
        await using RunningServer server = await StartAsync(listen: ["127.0.0.1:0", $"unix:{path}"]);
        ComeAndGo(server, 1_000);
        await server.CountsAsync("connections_open", 1);
        (int files, long memory) = (OpenFiles(), GC.GetTotalMemory(forceFullCollection: true));
        ComeAndGo(server, Rounds);
        await server.CountsAsync("connections_open", 1);

        // The connection of the last question is still ending when its answer is there.
        await Patience.UntilAsync(() => Task.FromResult(OpenFiles() <= files + 2), "all files are closed");
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - memory, Is.LessThan(MiB));
    }

    private static void ComeAndGo(RunningServer server, int rounds)
    {
        byte[] ping = "PING\n"u8.ToArray();
        byte[] pong = new byte["OK PONG\n".Length];
        for (int i = 0; i < rounds; i++)
        {
            foreach (EndPoint endPoint in server.Server.EndPoints)
            {
                bool isUnix = endPoint is UnixDomainSocketEndPoint;
                using Socket socket = new(endPoint.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
                socket.Connect(endPoint);
                if (i % 4 != 3)
                {
                    socket.Send(ping);
                    for (int count = 0; count < pong.Length;)
                    {
                        int more = socket.Receive(pong.AsSpan(count));
                        count += more > 0 ? more : throw new EndOfStreamException();
                    }
                }

                if (!isUnix)
                {
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                }
            }
        }
    }

    /// <summary>Without assemblies, which the runtime loads, and keeps open, when it first needs them.</summary>
    private static int OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Count(static file => new FileInfo(file).LinkTarget is string target && !target.EndsWith(".dll", StringComparison.Ordinal));
}
