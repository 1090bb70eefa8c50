using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Runs the examples of docs/http.md with curl, and compares what it prints with what stands below them.</summary>
[TestFixture]
public sealed class HttpDocumentTests
{
    [Test]
    public async Task Every_example_works_as_shown()
    {
        using TemporaryDirectory directory = new();
        string data = directory.Write(
            "some.data", "6ba7b810-9dad-41d1-80b4-00c04fd430c8 some value\n6ba7b811-9dad-41d1-80b4-00c04fd430c8 \n");
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["KVTCP_AUTH_TOKEN"] = "secret" };
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"], environment: environment);
        string address = await KvTcpProgram.HttpAddressAsync(server);
        await KvTcpProgram.AddressAsync(server);
        ConsoleExample[] examples = [.. ConsoleExample.Read(Repository.ReadText("docs/http.md"))];
        foreach (ConsoleExample example in examples)
        {
            string command = example.Command.Replace("127.0.0.1:8080", address, StringComparison.Ordinal);
            ProcessResult result = await ProcessRun.RunAsync("bash", ["-o", "pipefail", "-c", command]);
            Assert.That(result.ExitCode, Is.Zero, $"{example.Command}\n{result.Error}");
            Assert.That(result.Output.TrimEnd('\n'), Is.EqualTo(example.Output.TrimEnd('\n')), example.Command);
        }

        Assert.That(examples, Has.Length.GreaterThan(15));
    }
}
