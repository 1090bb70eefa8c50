using System.Text.RegularExpressions;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Deploy;

/// <summary>The alerts for Prometheus, run by promtool over made-up series.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public partial class AlertTests
{
    private const string Rules = "kvtcp-alerts.yaml";

    private static readonly string Text = File.ReadAllText(Repository.PathOf($"deploy/prometheus/{Rules}"));

    [Test]
    public async Task Each_alert_fires_when_it_should_and_not_for_an_instance_that_is_well()
    {
        Assert.That((await RunAsync(Text, "check", "rules", Rules)).Output, Does.Contain("SUCCESS"));
        ProcessResult result = await RunAsync(Text, "test", "rules", "alerts-test.yaml");
        Assert.That(result.ExitCode, Is.Zero, result.Output + result.Error);
    }

    [TestCase("> 8000", "> 9000", "an alert that does not fire")]
    [TestCase("> 8000", "> 7000", "an alert that fires for an instance that is well")]
    public async Task Mistakes_in_them_are_found(string right, string wrong, string reason)
    {
        Assert.That(Text, Does.Contain(right));
        ProcessResult result = await RunAsync(Text.Replace(right, wrong, StringComparison.Ordinal), "test", "rules", "alerts-test.yaml");
        Assert.That(result.ExitCode, Is.Not.Zero, reason);
    }

    [Test]
    public void Alerts_ask_for_metrics_that_there_are_and_operators_are_told_what_to_do_about_each()
    {
        string metrics = File.ReadAllText(Repository.PathOf("docs/metrics.md")).Replace('.', '_');
        string operations = File.ReadAllText(Repository.PathOf("docs/operations.md"));
        string[] names = [.. MetricName.Matches(Text).Select(static match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)];
        Assert.That(names, Has.Length.GreaterThan(10));
        Assert.That(names.Where(name => !metrics.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);
        string[] alerts = [.. AlertName.Matches(Text).Select(static match => match.Groups[1].Value)];
        Assert.That(alerts.Where(alert => !operations.Contains($"| `{alert}` |", StringComparison.Ordinal)), Is.Empty);
    }

    [GeneratedRegex("\\b(?<1>kvtcp_[a-z_]+?)(_seconds|_bytes)?(_total|_bucket)?(?![a-z_])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricName { get; }

    [GeneratedRegex("- alert: (?<1>\\w+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex AlertName { get; }

    private static async Task<ProcessResult> RunAsync(string rules, params string[] arguments)
    {
        using TemporaryDirectory directory = new();
        directory.Write(Rules, rules);
        directory.Write("alerts-test.yaml", await File.ReadAllTextAsync(Repository.PathOf("tests/KvTcp.Tests/Deploy/alerts-test.yaml")));
        using ProcessRun promtool = ProcessRun.Start("promtool", arguments, directory.Root);
        return await promtool.EndAsync();
    }
}
