using System.Globalization;
using System.Text.RegularExpressions;
using KvTcp.Cli;
using KvTcp.Soak;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Deploy;

/// <summary>The units of deploy/systemd, as systemd judges them without running them.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SystemdTests : IDisposable
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
    public async Task Service_has_variables_that_the_program_knows()
    {
        string file = await File.ReadAllTextAsync(Repository.PathOf("deploy/systemd/kvtcp.service"));
        string[] variables = [.. Regex.Matches(file, "(?<name>KVTCP_[A-Z_]+)=[^V]", RegexOptions.NonBacktracking).Select(static match => match.Groups["name"].Value)];
        Assert.That(variables, Is.Not.Empty.And.SubsetOf(KnownSettings.All.Select(static setting => setting.EnvironmentName)));
    }

    [Test]
    public async Task Service_is_not_the_first_to_be_ended_for_memory_and_not_immune()
    {
        string file = await File.ReadAllTextAsync(Repository.PathOf("deploy/systemd/kvtcp.service"));
        Match score = Regex.Match(file, @"^OOMScoreAdjust=(?<score>-?\d+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking);
        Assert.That(int.Parse(score.Groups["score"].Value, CultureInfo.InvariantCulture), Is.InRange(-999, -1));
        Assert.That(Repository.ReadText("docs/operations.md"), Does.Contain($"`{score.Value}`"));
    }

    [Test]
    public void Service_has_the_youngest_generation_of_the_soak_test() => Assert.That(
        Repository.ReadText("deploy/systemd/kvtcp.service"), Does.Match($"(?m)^Environment={SoakServer.YoungestGeneration.Name}={SoakServer.YoungestGeneration.Value}$"));

    /// <summary>A unit with the program where the tests have it, since systemd looks whether it is there.</summary>
    private async Task<string> UnitAsync(string name)
    {
        string unit = (await File.ReadAllTextAsync(Repository.PathOf("deploy/systemd/" + name))).Replace("/usr/local/bin/kvtcp", KvTcpProgram.Path, StringComparison.Ordinal);
        return _directory.Write(name, unit);
    }
}
