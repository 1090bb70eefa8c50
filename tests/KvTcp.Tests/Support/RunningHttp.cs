using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using KvTcp.Server;
using KvTcp.Server.Http;
using KvTcp.Server.Metrics;
using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>A server with its HTTP API, on ports that the system chose. It must log no bug.</summary>
internal sealed class RunningHttp : IAsyncDisposable
{
    public const string Token = "correct-horse";

    private readonly Reloader _reloader;
    private readonly ServerMetrics _metrics;

    private RunningHttp(DatasetHolder datasets, DatasetSource source, ReloadOptions reload)
    {
        Datasets = datasets;
        _reloader = new Reloader(datasets, [source], new DataFileOptions(), reload, Log);
        Life = new ServerLife(datasets, _reloader);
        _metrics = new ServerMetrics(Life);
    }

    public DatasetHolder Datasets { get; }

    public ServerLife Life { get; }

    public RecordedLog Log { get; } = new();

    public HttpEndpoint Endpoint { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    /// <summary>The line protocol's server; null before it listens.</summary>
    public KvServer? Server { get; private set; }

    public IPEndPoint Address => (IPEndPoint)Endpoint.EndPoints[0];

    /// <summary>Starts a server with some values.</summary>
    public static Task<RunningHttp> StartAsync(params IEnumerable<string> values) =>
        StartAsync(Source(values));

    /// <summary>Data with these values.</summary>
    public static ScriptedSource Source(params IEnumerable<string> values) =>
        new() { Text = ScriptedSource.Pairs(values.Select(static value => ByteText.Text(Encoding.UTF8.GetBytes(value)))) };

    /// <summary>Starts a server.</summary>
    /// <param name="source">Its data.</param>
    /// <param name="http">How it offers HTTP; where is this method's affair.</param>
    /// <param name="options">Its limits; by default it has a token.</param>
    /// <param name="isLoaded">Whether it loads its data and listens; else it stays as it is before that.</param>
    /// <param name="port">The port of HTTP.</param>
    public static async Task<RunningHttp> StartAsync(
        ScriptedSource source, HttpOptions? http = null, ServerOptions? options = null, bool isLoaded = true, int port = 0)
    {
        RunningHttp running = new(new DatasetHolder(), source, new ReloadOptions());
        options = (options ?? new ServerOptions { AuthToken = new TokenGuard(AuthToken.TryCreate(Token)!) }) with { Listen = [RunningServer.Address("127.0.0.1:0")] };
        http = (http ?? new HttpOptions()) with { Listen = RunningServer.Address($"127.0.0.1:{port}") };
        running.Endpoint = await HttpEndpoint.StartAsync(http, options, running.Life, running._metrics, running.Log).WaitAsync(Patience.Limit);
        running.Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"http://{running.Address}"),
            Timeout = Patience.Limit,
        };
        if (isLoaded)
        {
            await running._reloader.LoadFirstAsync().WaitAsync(Patience.Limit);
            running.Server = await KvServer.StartAsync(options, running.Life, running.Log).WaitAsync(Patience.Limit);
        }

        return running;
    }

    public Task<ReloadOutcome> ReloadAsync() => _reloader.ReloadAsync(ReloadTrigger.Command).WaitAsync(Patience.Limit);

    /// <summary>Sends a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path and the query.</param>
    /// <param name="json">The body.</param>
    /// <param name="headers">Headers, unchecked, each <c>Name: value</c>.</param>
    public Task<HttpResponseMessage> SendAsync(string method, string path, string? json = null, params string[] headers)
    {
        HttpRequestMessage request = new(new HttpMethod(method), path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        foreach (string header in headers)
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim());
        }

        return Client.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params string[] headers) => SendAsync("GET", path, json: null, headers);

    /// <summary>Sends bytes, and reads until the server closes.</summary>
    public async Task<string> ExchangeAsync(string bytes)
    {
        using TcpClient client = new();
        await client.ConnectAsync(Address);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes));
        using MemoryStream reply = new();
        await stream.CopyToAsync(reply).WaitAsync(Patience.Limit);
        return Encoding.Latin1.GetString(reply.ToArray());
    }

    public static async Task<JsonNode> JsonAsync(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Endpoint.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        if (Server is not null)
        {
            await Server.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        }

        await _reloader.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        Datasets.Dispose();
        _metrics.Dispose();
        Assert.That(Log.Errors, Is.Empty, "the server logged a bug");
    }
}
