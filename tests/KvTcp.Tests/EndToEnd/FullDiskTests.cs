using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Servers whose downloads are longer than the disk has room for, and say nothing of their length.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FullDiskTests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Download_that_reaches_the_reserve_is_refused_and_makes_room_for_the_next_one()
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Values(1));
        store.Misbehave = (_, context) => SendChunkedAsync(store, context);
        Directory.CreateDirectory(_directory.PathOf("disk"));
        string user = Environment.IsPrivilegedProcess ? "" : "-r ";

        // A file system of 8 MiB that only this server sees, and that goes with it.
        using ProcessRun server = Start(
            $"cd '{_directory.Root}' && exec unshare {user}-m bash -c 'mount -t tmpfs -o size=8m none disk && "
            + $"exec \"{KvTcpProgram.Path}\" serve --data \"{store.Url}\" --listen 127.0.0.1:0 --download-directory disk --refresh 100ms'");
        string address = await KvTcpProgram.AddressAsync(server);
        store.Publish(Values(16), "\"2\"");
        string refusal = await server.WaitForErrorLineAsync("Reload refused: ");
        Assert.That(refusal, Does.Contain("disk has no room for more: the last 524288 bytes are left to others"));

        store.Publish(Values(6), "\"3\"");
        await server.WaitForErrorLineAsync("Reload: serving dataset ");
        ProcessResult get = await KvTcpProgram.RunAsync("get", $"{TestDataset.Key(5)}", "--server", address);
        Assert.That((get.ExitCode, get.Output.Length), Is.EqualTo((0, MiB)));
    }

    [Test]
    public async Task Download_that_cannot_be_written_ends_with_69()
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Values(2));
        store.Misbehave = (_, context) => SendChunkedAsync(store, context);
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            // Two variables of .NET that keep its own files, which count too, below the limit.
            "trap '' XFSZ; ulimit -f 64; export DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0; "
            + $"exec \"$kvtcp\" serve --data '{store.Url}' --listen 127.0.0.1:0 --download-directory . --log-level none",
            _directory.Root);
        result.AssertError(69, "the download cannot be written: ", "too large", "--download-directory");
        Assert.That(store.Requests, Has.Count.EqualTo(1), "it is no use to try again at once");
    }

    private static ProcessRun Start(string script) => ProcessRun.Start("bash", ["-c", script]);

    /// <summary>So many values, each a MiB long with its LF.</summary>
    private static string Values(int count) => ScriptedSource.Pairs(Enumerable.Repeat(new string('v', MiB - 1), count));

    private static async Task<bool> SendChunkedAsync(ObjectStore store, HttpContext context)
    {
        byte[] content = store.Content;
        if (context.Request.Headers.IfNoneMatch == store.EntityTag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }

        context.Response.Headers.ETag = store.EntityTag;
        for (int sent = 0; sent < content.Length && !context.RequestAborted.IsCancellationRequested; sent += 64 * 1024)
        {
            await context.Response.Body.WriteAsync(content.AsMemory(sent, Math.Min(64 * 1024, content.Length - sent)));
        }

        return true;
    }
}
