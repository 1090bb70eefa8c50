using System.Net;
using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>An OpenTelemetry collector that keeps the first request.</summary>
internal sealed class CollectorStub : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task<(string Path, string Type, string Body)> _first;

    public CollectorStub()
    {
        using (System.Net.Sockets.TcpListener free = new(IPAddress.Loopback, 0))
        {
            free.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        }

        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _first = ReadAsync();
    }

    public string Url { get; }

    /// <summary>The path, the content type, and the body as text of one byte a character.</summary>
    public Task<(string Path, string Type, string Body)> FirstAsync() => _first;

    public ValueTask DisposeAsync()
    {
        _listener.Close();
        return ValueTask.CompletedTask;
    }

    private async Task<(string Path, string Type, string Body)> ReadAsync()
    {
        HttpListenerContext context = await _listener.GetContextAsync();
        using MemoryStream body = new();
        await context.Request.InputStream.CopyToAsync(body);
        context.Response.Close();
        return (context.Request.Url!.AbsolutePath, context.Request.ContentType!, Encoding.Latin1.GetString(body.ToArray()));
    }
}
