using System.Text.Json;
using KvTcp.LoadGen;
using KvTcp.Tests.LoadGen.Engine;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Command;

/// <summary>A server with its data file, for the program to drive, and a directory for reports.</summary>
internal sealed class DrivenServer : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private DrivenServer(RunningServer server)
    {
        Server = server;
        LoadRuns.WriteKeys(_directory, server.Data).Dispose();
    }

    public RunningServer Server { get; }

    /// <summary>The arguments that any run against it needs.</summary>
    public string[] Arguments => ["--data", PathOf("some.data"), "--server", Server.EndPoint.ToString()!];

    public static async Task<DrivenServer> StartAsync() => new(await RunningServer.StartAsync());

    public string PathOf(string name) => _directory.PathOf(name);

    public string Write(string name, string content) => _directory.Write(name, content);

    /// <summary>Runs the program against it and reads the report, which must be there.</summary>
    /// <param name="arguments">The arguments beside <see cref="Arguments"/>.</param>
    public async Task<(ProcessResult Result, ReportDocument Report)> ReportAsync(params string[] arguments)
    {
        ProcessResult result = await LoadGenProgram.RunAsync([.. Arguments, "--json", "-", .. arguments]);
        Assert.That(result.Output, Does.StartWith("{"), result.Error);
        return (result, Parse(result.Output));
    }

    public static ReportDocument Parse(string json) => JsonSerializer.Deserialize(json, ReportJson.Default.ReportDocument)!;

    public async ValueTask DisposeAsync()
    {
        _directory.Dispose();
        await Server.DisposeAsync();
    }
}
