using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Text;
using KvTcp.Client;
using KvTcp.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;

namespace KvTcp.Tests.Client.Samples;

/// <summary>docs/client.md shows exactly the samples, and each of them works.</summary>
public sealed class ClientDocumentTests
{
    private static readonly Guid Key = TestDataset.Key(0);
    private static readonly Guid[] Keys = [Key, TestDataset.Missing(0), TestDataset.Key(1)];

    private RunningServer _server = null!;
    private KvClient _client = null!;

    private string Servers => _server.EndPoint.ToString()!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await RunningServer.StartAsync(data: TestDataset.WithValues("one", "two"));
        _client = await KvClient.ConnectAsync(new KvClientOptions { Servers = KvServerAddress.ParseList(Servers) });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Test]
    public void Page_shows_the_samples()
    {
        string[] shown = [.. Blocks(Repository.ReadText("docs/client.md"), "```csharp", "```")];
        string[] samples = [.. Blocks(Repository.ReadText("tests/KvTcp.Tests/Client/Samples/ClientSamples.cs"), "// <", "// </")];
        Assert.That(shown, Has.Length.EqualTo(12));
        Assert.That(shown, Is.EqualTo(samples));
    }

    [Test]
    public void Readme_of_the_package_shows_the_first_lines()
    {
        string readme = Repository.ReadText("src/KvTcp.Client/README.md");
        Assert.That(Blocks(readme, "```csharp", "```").Single(), Does.Contain("KvClient.ConnectAsync(").And.Contain("client.GetAsync("));
    }

    [Test]
    public async Task Samples_of_requests_work()
    {
        Pipe response = new();
        Assert.That(await ClientSamples.ConnectAsync(Servers, Key), Is.EqualTo("one"u8.ToArray()));
        Assert.That(await ClientSamples.GetAsync(_client, Key, response.Writer), Is.EqualTo("3 one True"));
        Assert.That(Encoding.UTF8.GetString((await response.Reader.ReadAsync()).Buffer), Is.EqualTo("one"));
        Assert.That(await ClientSamples.GetManyAsync(_client, Keys), Is.EqualTo(2));
        Assert.That(await ClientSamples.AskAsync(_client, Key, Keys), Is.EqualTo("True 2 2 16 kvtcp True"));
        Assert.That(await ClientSamples.CancelAsync(_client, TestDataset.Key(1), CancellationToken.None), Is.EqualTo("two"));
    }

    [Test]
    public async Task Sample_of_errors_tells_them_apart()
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        List<string> outcomes = [];
        foreach (string reply in new[] { "OK one\n", "NOT_FOUND\n", "ERR BAD_KEY no\n", "ERR LOADING wait\n" })
        {
            Task<string> outcome = ClientSamples.HandleErrorsAsync(client, Key);
            await connection.ReadLineAsync();
            await connection.SendAsync(reply);
            outcomes.Add(await outcome);
        }

        await using KvClient impatient = await KvClient.ConnectAsync(server.Options with { RequestTimeout = TimeSpan.FromMilliseconds(50) });
        outcomes.Add(await ClientSamples.HandleErrorsAsync(impatient, Key));
        Assert.That(outcomes, Is.EqualTo(new[]
        {
            "one", "the server does not have it", "the server takes no such key: no", "try another time: wait", "no reply in time",
        }));
    }

    [Test]
    public async Task Samples_of_options_are_valid()
    {
        KvClientOptions options = ClientSamples.Tune(Servers);
        await using KvClient client = await KvClient.ConnectAsync(options);
        Assert.That(await client.CountAsync(), Is.EqualTo(2));
        KvClientOptions secure = ClientSamples.Secure(options, "s3cret");
        Assert.That((secure.AuthToken, secure.Tls!("kv.example.org").TargetHost), Is.EqualTo(("s3cret", "kv.example.org")));
    }

    [Test]
    public async Task Samples_of_injection_work_together()
    {
        ServiceCollection services = new();
        ClientSamples.Register(services, Servers);
        await using ServiceProvider provider = services.AddSingleton<ClientSamples.Catalogue>().BuildServiceProvider();
        ClientSamples.Catalogue catalogue = provider.GetRequiredService<ClientSamples.Catalogue>();
        Assert.That(await catalogue.TitleAsync(Key), Is.EqualTo("one"));
        Assert.That(await catalogue.TitleAsync(TestDataset.Missing(0)), Is.EqualTo("unknown"));
    }

    [Test]
    public async Task Samples_of_metrics_and_traces_receive_something()
    {
        // Clients of other tests are heard as well, on their threads: also while this ends, so the writer is never closed.
        StringBuilder lines = new();
        TextWriter output = TextWriter.Synchronized(new StringWriter(lines));
        using ActivityListener activities = ClientSamples.Trace(output);
        await _client.GetAsync(Key);
        using MeterListener meters = ClientSamples.Measure(output);
        string told;
        lock (output)
        {
            // The lock that a synchronized writer writes under.
            told = lines.ToString();
        }

        Assert.That(told, Does.Contain("GET took ").And.Contain("kvtcp.client.replies "));
    }

    /// <summary>The lines between those that start with two marks, without the indentation of the first one.</summary>
    private static IEnumerable<string> Blocks(string text, string start, string end)
    {
        List<string>? block = null;
        foreach (string line in text.Split('\n'))
        {
            string content = line.TrimStart();
            if (block is not null && content.StartsWith(end, StringComparison.Ordinal))
            {
                int indentation = block[0].Length - block[0].TrimStart().Length;
                yield return string.Join('\n', block.Select(inner => inner[Math.Min(indentation, inner.Length)..]));
                block = null;
            }
            else if (block is null && content.StartsWith(start, StringComparison.Ordinal))
            {
                block = [];
            }
            else
            {
                block?.Add(line);
            }
        }
    }
}
