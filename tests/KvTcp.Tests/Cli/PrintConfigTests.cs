using KvTcp.Cli;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PrintConfigTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Print_config_tells_every_option_with_its_value_and_origin()
    {
        _directory.Write("some.data", "");
        _directory.Write("appsettings.json", """{ "KvTcp": { "MaxKeys": 5, "Listen": ["127.0.0.1:1", "unix:k.sock"] } }""");
        ProcessResult result = await PrintAsync(
            new(StringComparer.Ordinal) { ["KVTCP_MAX_KEYS"] = "6", ["KV_DATA_FILE_PATH"] = "some.data", ["KVTCP_HTTP"] = "" }, "--max-connections", "7", "--verbose");
        string[] lines = result.Output.TrimEnd('\n').Split('\n');
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(lines, Has.All.Match(@"^\S+( \S+)? \([^()]+\)$"));
        Assert.That(
            lines.Select(static line => line.Split(' ')[0]).Distinct(StringComparer.Ordinal), Is.EqualTo(KnownSettings.OfServe.Select(static setting => setting.Option.Name)));
        Assert.That(lines, Is.SupersetOf(new[]
        {
            "--data some.data (environment, KV_DATA_FILE_PATH)",
            "--listen 127.0.0.1:1 (appsettings.json, KvTcp.Listen)",
            "--listen unix:k.sock (appsettings.json, KvTcp.Listen)",
            "--http 127.0.0.1:8080 (default)",
            "--max-keys 6 (environment, KVTCP_MAX_KEYS)",
            "--max-connections 7 (command line)",
            $"--loops {Environment.ProcessorCount} (default)",
            "--watch (default)",
            "--log-level debug (default)",
        }));
    }

    [TestCase("redis://user:geheim@10.0.0.1:6379/2", "redis://***@10.0.0.1:6379/2")]
    [TestCase("redis://:ge@heim@10.0.0.1:6379", "redis://***@10.0.0.1:6379", TestName = "A password may hold an at sign")]
    [TestCase("https://user:geheim@example.org/a@b.data?signature=geheim", "https://***@example.org/a@b.data?***")]
    [TestCase("https://example.org/a@b.data", "https://example.org/a@b.data")]
    public async Task Print_config_masks_what_urls_hold(string url, string printed)
    {
        ProcessResult result = await PrintAsync([], "--data", url, "--otlp-endpoint", "http://x:geheim@127.0.0.1:4318");
        Assert.That(result.Output, Does.Contain($"--data {printed} (command line)\n").And.Contains("--otlp-endpoint http://***@127.0.0.1:4318 "), result.Error);
        Assert.That(result.Output, Does.Not.Contain("heim"));
    }

    [Test]
    public async Task Print_config_masks_tokens_and_passwords_of_the_environment()
    {
        ProcessResult result = await PrintAsync(
            new(StringComparer.Ordinal) { ["KVTCP_AUTH_TOKEN"] = "geheim", ["KVTCP_REDIS_PASSWORD"] = "geheim" }, "--data", "redis://127.0.0.1:6379");
        Assert.That(result.Output, Does.Contain("KVTCP_AUTH_TOKEN *** (environment)\n").And.Contains("KVTCP_REDIS_PASSWORD *** (environment)\n"));
        Assert.That(result.Output, Does.Not.Contain("geheim"));
    }

    [TestCase(64, "--max-keys", "0", "--data", "-")]
    [TestCase(66, "--data", "none.data")]
    [TestCase(64, TestName = "Print_config_without_data_ends_as_serve_would")]
    [TestCase(64, "--data", "-", "--log-file-size", "1MiB")]
    public async Task Print_config_of_a_wrong_configuration_ends_as_serve_would(int exitCode, params string[] arguments)
    {
        ProcessResult printed = await PrintAsync([], arguments);
        ProcessResult served = await ProcessRun.RunAsync(KvTcpProgram.Path, ["serve", .. arguments], directory: _directory.Root);
        Assert.That((printed.ExitCode, printed.Output, printed.Error), Is.EqualTo((exitCode, "", served.Error)));
        Assert.That(served.ExitCode, Is.EqualTo(exitCode));
    }

    private Task<ProcessResult> PrintAsync(Dictionary<string, string> environment, params string[] arguments) =>
        ProcessRun.RunAsync(KvTcpProgram.Path, ["serve", "--print-config", .. arguments], directory: _directory.Root, environment: environment);
}
