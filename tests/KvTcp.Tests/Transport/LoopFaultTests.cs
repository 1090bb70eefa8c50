using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using KvTcp.Transport.Linux;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>What a system that refuses does to a loop. Descriptors are counted, so nothing runs beside these.</summary>
[Alone]
public partial class LoopFaultTests(LoopEngineKind engine) : EveryEngine(engine)
{
    [Test]
    public async Task Loop_without_files_does_not_spin_and_accepts_within_a_second_of_getting_some()
    {
        const int Files = 100;
        const int Clients = 200;
        await using LoopServer server = await StartAsync(LoopServer.EchoAsync, highestFile: LowestFreeFile() + Files);
        List<LineClient> clients = [];
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                clients.Add(await server.ConnectAsync());
                await clients[i].SendAsync("some\n");
            }

            Assert.That(await clients[0].ReadLineAsync(), Is.EqualTo("some"));
            await Patience.UntilAsync(() => Task.FromResult(server.Log.Texts(LogLevel.Warning).Any()), "the loop has no files");
            double before = LoopSeconds();
            Assert.That(clients[^1].Socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead), Is.False, "it waits to be accepted");
            Assert.That(LoopSeconds() - before, Is.LessThan(0.1), "processor time while it waits");
            Assert.That(server.Log.Texts(LogLevel.Warning).Single(), Does.Contain("accept").And.Contain("Too many open files"));

            clients.SkipLast(1).ToList().ForEach(static client => client.Dispose());
            Stopwatch watch = Stopwatch.StartNew();
            Assert.That(await clients[^1].ReadLineAsync(), Is.EqualTo("some"));
            Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    [Test]
    public async Task Clients_that_nobody_reads_stay_in_the_kernel()
    {
        const int Clients = 100;
        // Two blocks, and the buffer of the client itself.
        const int MostEach = 160 << 10;
        TaskCompletionSource reads = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int accepted = 0;
        await using LoopServer server = await StartAsync(async connection =>
        {
            if (Interlocked.Increment(ref accepted) <= Clients)
            {
                await reads.Task;
            }

            await LoopServer.EchoAsync(connection);
        });
        List<LineClient> clients = [];
        try
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            byte[] line = ByteText.Bytes(new string('x', (1 << 20) - 1) + "\n");
            for (int i = 0; i < Clients; i++)
            {
                clients.Add(await server.ConnectAsync());
                clients[i].Socket.Blocking = false;
                clients[i].Socket.Send(line, SocketFlags.None, out _);
            }

            await Patience.UntilAsync(() => Task.FromResult(Volatile.Read(ref accepted) == Clients), "all are accepted");

            // When the loop has dealt with another client, it has dealt with these.
            using LineClient last = await server.ConnectAsync();
            Assert.That(await last.AskAsync("some"), Is.EqualTo("some"));
            Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(Clients * MostEach));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
            reads.SetResult();
        }
    }

    [Test]
    public async Task Unexpected_error_is_logged_once_and_ends_only_its_connection()
    {
        await using LoopServer server = await StartAsync(async connection =>
        {
            ReadResult read = await connection.Transport.Input.ReadAsync();
            bool fails = read.Buffer.FirstSpan[0] == (byte)'!';
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            if (fails)
            {
                // The descriptor is then no socket any more, which nobody could expect.
                using FileStream nothing = File.OpenRead("/dev/null");
                Assert.That(
                    Replace((int)nothing.SafeFileHandle.DangerousGetHandle(), ((LoopConnection)connection).Socket.File), Is.Not.Negative);
                do
                {
                    // io_uring sends when the turn of the loop is over.
                    await Task.Yield();
                    connection.Transport.Output.Write("lost"u8);
                }
                while (!(await connection.Transport.Output.FlushAsync()).IsCompleted);
            }
            else
            {
                await LoopServer.EchoAsync(connection);
            }
        });
        using LineClient other = await server.ConnectAsync();
        Assert.That(await other.AskAsync("some"), Is.EqualTo("some"));
        for (int i = 0; i < 3; i++)
        {
            using LineClient failing = await server.ConnectAsync();
            await failing.SendAsync("!");
            Assert.That((await failing.ReadToEndAsync()).Text, Is.Empty);
        }

        Assert.That(await other.AskAsync("more"), Is.EqualTo("more"));

        // The replaced socket may have ended for its client before the server has tried to send.
        other.Dispose();
        await server.ConnectionsEndAsync();
        Assert.That(server.Log.Texts(LogLevel.Warning).Single(), Does.Contain("send failed with error 88"));
        Assert.That(server.Failures, Is.Empty);
    }

    private static int LowestFreeFile() => FileLimit.LowestFree(0);

    /// <summary>The processor time of the loop's thread so far.</summary>
    private static double LoopSeconds() => Directory.GetDirectories("/proc/self/task")
        .Select(static task => StatOf(task))
        .Where(static stat => stat.Contains("(loop 0)", StringComparison.Ordinal))
        .Select(static stat => stat[(stat.LastIndexOf(')') + 2)..].Split(' '))
        .Sum(static fields => (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0);

    private static string StatOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "stat"));
        }
        catch (IOException)
        {
            // The thread, not a loop of this test, has ended meanwhile.
            return "";
        }
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Replace(int file, int replaced);
}
