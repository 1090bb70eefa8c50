using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Soak;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients that never read, and a server at the memory limit of its control group. docs/operations.md says how much they may make it hold.</summary>
/// <param name="transport">The transport of this run.</param>
[Parallelizable(ParallelScope.All)]
public sealed class MemoryLimitTests(TransportKind transport) : EveryTransport(transport)
{
    private const int Terminate = 15;
    private const int Killed = 137;
    private const int Aborted = 134;
    private const int Crashed = 139;
    private const int MiB = 1 << 20;
    private const int DataMiB = 60;

    private static readonly string Value = new('v', 60_000);

    private static string Key => TestDataset.Key(0).ToString();

    /// <summary>The program, and twice what the clients may take, a quarter of a MiB each, since the kernel takes as much: with that much the server stands.</summary>
    [Test]
    public async Task Clients_that_never_read_do_not_reach_a_limit_that_has_room_for_them()
    {
        const int Clients = 200;
        using ControlGroup group = ControlGroup.OfMemory((80 + (2 * Clients / 4)) * MiB);
        using TemporaryDirectory directory = new();
        using ProcessRun server = Start(group, directory);
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        using LineClient client = await LineClient.ConnectAsync(endPoint);
        List<LineClient> unread = [];
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                unread.Add(await AskForMuchAsync(endPoint));
            }

            await Patience.UntilAsync(
                async () => long.Parse((await client.StatsAsync())["bytes_sent"], CultureInfo.InvariantCulture) > (long)Clients * Value.Length, "each has been answered");
            Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo($"OK {Value}"));
            foreach (LineClient late in unread)
            {
                Assert.That(await late.ReadLineAsync(), Is.EqualTo($"OK {Value}"), "nothing is lost");
            }
        }
        finally
        {
            unread.ForEach(static client => client.Reset());
        }

        server.Signal(Terminate);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    /// <summary>
    /// A limit without that room is the operator's mistake. The heap reaches its own limit before the control group is full, and then the server ends: it does not go on
    /// without accepting anybody, or hang. Where nothing limits it, it stands.
    /// </summary>
    [Test]
    public async Task Clients_that_never_read_end_a_server_without_room_for_them_and_get_nobody_a_wrong_reply()
    {
        const int Clients = 1_000;
        using ControlGroup group = ControlGroup.OfMemory((150 + DataMiB) * MiB);
        using TemporaryDirectory directory = new();
        using ProcessRun server = Start(group, directory, DataMiB);
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        List<LineClient> unread = [];
        bool isWell = true;
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                unread.Add(await AskForMuchAsync(endPoint));
                using LineClient client = await LineClient.ConnectAsync(endPoint);
                Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo($"OK {Value}"));
            }
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException)
        {
            TestContext.Out.WriteLine($"{unread.Count} clients were too many");
            isWell = false;
        }

        unread.ForEach(static client => client.Reset());
        if (isWell)
        {
            server.Signal(Terminate);
        }

        ProcessResult end = await server.EndAsync();
        Assert.That(isWell, Is.Not.EqualTo(group.IsReal), "only a control group has a limit");
        Assert.That(end.ExitCode, isWell ? Is.Zero : Is.AnyOf(Aborted, Killed, Crashed), end.Error);
    }

    private static async Task<LineClient> AskForMuchAsync(IPEndPoint endPoint)
    {
        LineClient client = await LineClient.ConnectAsync(endPoint, bufferSize: 4096);
        await client.SendAsync(string.Concat(Enumerable.Repeat($"GET {Key}\n", 100)));
        return client;
    }

    private ProcessRun Start(ControlGroup group, TemporaryDirectory directory, int dataMiB = 0)
    {
        string data = directory.PathOf("a.data");
        File.WriteAllLines(data, Enumerable.Range(1, dataMiB).Select(static index => $"{TestDataset.Key(index)} {new string('w', MiB - 1)}").Prepend($"{Key} {Value}"));

        // With the collector's setting of the image, where most memory limits are.
        return ProcessRun.Start(
            "bash",
            [
                "-c", $"{(group.IsReal ? group.Prefix : "")}export {SoakServer.YoungestGeneration.Name}={SoakServer.YoungestGeneration.Value}; exec \"$0\" serve --transport \"$2\" --loops 2 --unread-reply-timeout 5m --listen 127.0.0.1:0 --data \"$1\"",
                KvTcpProgram.Path, data, TransportName,
            ]);
    }
}
