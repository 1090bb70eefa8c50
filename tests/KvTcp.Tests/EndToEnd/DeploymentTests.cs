using System.Globalization;
using System.Text.RegularExpressions;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>What deploy/ holds for systemd and Docker, as far as it can be judged without either running.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DeploymentTests : IDisposable
{
    /// <summary>What `systemd-analyze security` may say at most, of 10; docs/command-line.md states it.</summary>
    private const double MostExposure = 1.5;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Systemd_has_no_complaint_about_the_units()
    {
        string service = await UnitAsync("kvtcp.service");
        string socket = await UnitAsync("kvtcp.socket");
        ProcessResult result = await ProcessRun.RunAsync("systemd-analyze", ["verify", "--man=no", service, socket]);
        Assert.That((result.ExitCode, result.Output, result.Error), Is.EqualTo((0, "", "")));
    }

    [Test]
    public async Task Systemd_finds_the_service_well_confined()
    {
        ProcessResult result = await ProcessRun.RunAsync("systemd-analyze", ["security", "--no-pager", "--offline=true", await UnitAsync("kvtcp.service")]);
        Match level = Regex.Match(result.Output, @"Overall exposure level for \S+: (?<level>[0-9.]+)", RegexOptions.NonBacktracking);
        Assert.That(level.Success, Is.True, result.Output + result.Error);
        Assert.That(double.Parse(level.Groups["level"].Value, CultureInfo.InvariantCulture), Is.AtMost(MostExposure), result.Output);
        Assert.That(Repository.ReadText("docs/command-line.md"), Does.Contain($"at most {MostExposure.ToString(CultureInfo.InvariantCulture)} of 10"));
    }

    [Test]
    public void Dockerfile_copies_what_is_there_and_what_the_context_has()
    {
        List<string> ignored = [.. Lines(".dockerignore")];
        string[] sources =
        [
            .. Lines("deploy/docker/Dockerfile").Where(static line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from=", StringComparison.Ordinal))
                .SelectMany(static line => line.Split(' ')[1..^1]),
        ];
        Assert.That(sources, Is.Not.Empty);
        Assert.That(ignored[0], Is.EqualTo("*"), "all but what is named is left out");
        using (Assert.EnterMultipleScope())
        {
            foreach (string source in sources.Select(static source => source.TrimEnd('/')))
            {
                Assert.That(Path.Exists(Repository.PathOf(source)), Is.True, $"{source} is not there");
                Assert.That(ignored, Does.Contain("!" + source), $"{source} is not in the context");
            }
        }
    }

    [Test]
    public void Dockerfile_makes_an_image_that_runs_as_nobody_special_and_tells_its_health()
    {
        string file = Repository.ReadText("deploy/docker/Dockerfile");
        Assert.That(file, Does.Match(@"(?m)^USER \$APP_UID$").And.Match(@"(?m)^HEALTHCHECK .*CMD \[""/usr/local/bin/kvtcp"", ""healthcheck""\]$"));
        Assert.That(file, Does.Match(@"(?m)^FROM --platform=\$BUILDPLATFORM ").And.Contains("-a \"$TARGETARCH\"").And.Contains("chiseled"));
        string[] variables = [.. Regex.Matches(file, @"(?<name>KVTCP_[A-Z_]+)=\S", RegexOptions.NonBacktracking).Select(static match => match.Groups["name"].Value)];
        Assert.That(variables, Is.Not.Empty.And.SubsetOf(KvTcp.Cli.KnownSettings.All.Select(static setting => setting.EnvironmentName)));
    }

    [Test]
    public async Task Service_has_variables_that_the_program_knows()
    {
        string file = await File.ReadAllTextAsync(Repository.PathOf("deploy/systemd/kvtcp.service"));
        string[] variables = [.. Regex.Matches(file, "(?<name>KVTCP_[A-Z_]+)=[^V]", RegexOptions.NonBacktracking).Select(static match => match.Groups["name"].Value)];
        Assert.That(variables, Is.Not.Empty.And.SubsetOf(KvTcp.Cli.KnownSettings.All.Select(static setting => setting.EnvironmentName)));
    }

    /// <summary>A unit with the program where the tests have it, since systemd looks whether it is there.</summary>
    private async Task<string> UnitAsync(string name)
    {
        string unit = (await File.ReadAllTextAsync(Repository.PathOf("deploy/systemd/" + name))).Replace("/usr/local/bin/kvtcp", KvTcpProgram.Path, StringComparison.Ordinal);
        return _directory.Write(name, unit);
    }

    private static IEnumerable<string> Lines(string path) =>
        File.ReadLines(Repository.PathOf(path)).Where(static line => line.Length > 0 && !line.StartsWith('#'));
}
