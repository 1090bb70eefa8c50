using System.Net;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>GET /debug/datastore of more pairs than anybody wants in memory twice.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public sealed class DatastoreMemoryTests
{
    private const string Token = "secret";
    private const int Pairs = 1_000_000;

    /// <summary>The JSON of so many pairs is about 90 MB; this is what the collector lets pile up of what is gone already, and the buffers.</summary>
    private const long MostBytes = 16 << 20;

    private static readonly byte[] NewKey = "\":\""u8.ToArray();

    [Test]
    public async Task Datastore_is_streamed_in_memory_that_does_not_grow_with_it([Values("identity", "gzip")] string encoding)
    {
        using TemporaryDirectory directory = new();
        string data = directory.PathOf("some.data");
        ProcessResult generated = await KvTcpProgram.RunAsync("generate", "--count", $"{Pairs}", "--output", data);
        Assert.That(generated.ExitCode, Is.Zero, generated.Error);
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path,
            ["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data],
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["KVTCP_AUTH_TOKEN"] = Token });
        IPEndPoint http = IPEndPoint.Parse(await KvTcpProgram.HttpAddressAsync(server));
        await KvTcpProgram.AddressAsync(server);
        await StreamAsync(http, "/debug/datastore?limit=10000", encoding, static () => { });
        long before = server.AnonymousBytes();
        long most = before;
        (long bytes, long keys) = await StreamAsync(http, "/debug/datastore", encoding, () => most = Math.Max(most, server.AnonymousBytes()));
        TestContext.Out.WriteLine($"{bytes >> 20} MiB sent, {(most - before) >> 10} KiB more memory than before");
        Assert.That(most - before, Is.LessThan(MostBytes));
        if (encoding is "identity")
        {
            Assert.That(keys, Is.EqualTo(Pairs));
        }
    }

    /// <summary>Reads a reply to its end.</summary>
    /// <returns>How long it is, and how many names of JSON properties with a text are in it.</returns>
    private static async Task<(long Bytes, long Keys)> StreamAsync(IPEndPoint server, string path, string encoding, Action onMegabyte)
    {
        using TcpClient client = new();
        await client.ConnectAsync(server);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(ByteText.Bytes(
            $"GET {path} HTTP/1.0\r\nAuthorization: Bearer {Token}\r\nAccept-Encoding: {encoding}\r\n\r\n"));
        byte[] buffer = new byte[1 << 20];
        long bytes = 0;
        long keys = 0;
        int kept = 0;
        while (await stream.ReadAtLeastAsync(buffer.AsMemory(kept), buffer.Length - kept, throwOnEndOfStream: false).AsTask().WaitAsync(Patience.Limit) is > 0 and int read)
        {
            onMegabyte();
            bytes += read;
            ReadOnlySpan<byte> received = buffer.AsSpan(0, kept + read);
            keys += received.Count(NewKey);
            // What may be the beginning of one is looked at again with what follows.
            kept = Math.Min(NewKey.Length - 1, received.Length);
            received[^kept..].CopyTo(buffer);
        }

        return (bytes, keys);
    }
}
