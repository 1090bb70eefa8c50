using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>kvtcp as a .NET tool: packed from what is built, and installed from the package.</summary>
public sealed class ToolPackageTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Test]
    public async Task Tool_can_be_packed_installed_and_run()
    {
        using TemporaryDirectory directory = new();
        string packages = directory.PathOf("packages");
        string configuration = Path.GetFileName(Path.GetDirectoryName(KvTcpProgram.Path)!);
        ProcessResult packed = await ProcessRun.RunAsync(
            "dotnet",
            ["pack", Repository.PathOf("src/KvTcp.Cli"), "-c", configuration, "--no-build", "--nologo", "-nodeReuse:false", "-p:IncludeSymbols=false", "-o", packages],
            patience: Limit);
        Assert.That(packed.ExitCode, Is.Zero, packed.Output + packed.Error);

        // Only the package itself is looked for, and nothing but the folder: a tool brings all that it needs.
        directory.Write("nuget.config", $"<configuration><packageSources><clear /><add key=\"local\" value=\"{packages}\" /></packageSources></configuration>");
        ProcessResult installed = await ProcessRun.RunAsync(
            "dotnet",
            ["tool", "install", "kvtcp", "--tool-path", directory.PathOf("tools"), "--configfile", directory.PathOf("nuget.config")],
            directory: directory.Root,
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["NUGET_PACKAGES"] = directory.PathOf("cache") },
            patience: Limit);
        Assert.That(installed.ExitCode, Is.Zero, installed.Output + installed.Error);

        ProcessResult run = await ProcessRun.RunAsync(
            directory.PathOf("tools/kvtcp"),
            ["check", Repository.PathOf("data/example.data")],
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath!)! });
        Assert.That(run.Output, Does.Contain("pairs"), run.Error);
    }
}
