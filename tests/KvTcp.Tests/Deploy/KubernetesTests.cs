using System.Text.RegularExpressions;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Deploy;

/// <summary>The manifests for Kubernetes and the schemas of its API, which kubernetes-models has for use without a cluster.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class KubernetesTests
{
    private static readonly string Manifests = Repository.PathOf("deploy/kubernetes/kvtcp.yaml");

    [Test]
    public async Task Manifests_are_what_the_API_takes()
    {
        ProcessResult result = await CheckAsync(Manifests);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo(
            (0, "ConfigMap kvtcp\nDeployment kvtcp\nService kvtcp\nNetworkPolicy kvtcp\nPodDisruptionBudget kvtcp\nHorizontalPodAutoscaler kvtcp\n")), result.Error);
    }

    [TestCase("maxSurge", "maxSurg", "Deployment kvtcp: .spec.strategy.rollingUpdate.maxSurg is unknown")]
    [TestCase("{ seconds: 5 }", "{ seconds: 5s }", "Deployment kvtcp: /spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds {\"type\":\"integer\"}")]
    [TestCase("apps/v1", "apps/v1beta9", "Deployment kvtcp: apps/v1beta9 has no Deployment")]
    public async Task Mistakes_in_them_are_found(string right, string wrong, string mistake)
    {
        using TemporaryDirectory directory = new();
        string text = await File.ReadAllTextAsync(Manifests);
        Assert.That(text, Does.Contain(right));
        ProcessResult result = await CheckAsync(directory.Write("wrong.yaml", text.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain(mistake + "\n"));
    }

    [Test]
    public async Task Memory_that_is_asked_for_is_the_limit_so_that_others_are_evicted_first() =>
        Assert.That(await File.ReadAllTextAsync(Manifests), Does.Match(@"requests: \{ cpu: ""1"", memory: (\w+) \}\s+limits: \{ memory: \1 \}"));

    [Test]
    public async Task Http_which_asks_for_no_token_is_offered_to_nobody_but_monitoring()
    {
        string text = await File.ReadAllTextAsync(Manifests);
        string[] parts = text.Split("\n---\n");
        Assert.That(parts.Single(static part => part.Contains("kind: Service\n", StringComparison.Ordinal)), Does.Contain("targetPort: kv").And.Not.Contain("http"));
        Assert.That(
            parts.Single(static part => part.Contains("kind: NetworkPolicy\n", StringComparison.Ordinal)),
            Does.Match(@"(?s)- from:\s+- namespaceSelector:.*port: http").And.Match(@"- ports:\s+- \{ port: kv \}\s"));
    }

    [Test]
    public async Task Memory_has_room_for_the_connections_that_are_allowed()
    {
        string text = await File.ReadAllTextAsync(Manifests);
        int connections = NumberIn(text, "KVTCP_MAX_CONNECTIONS: \"(?<number>[0-9]+)\"");
        int limit = NumberIn(text, @"limits: \{ memory: (?<number>[0-9]+)Mi \}");

        // docs/operations.md#capacity and #memory-under-attack, in MiB.
        int underAttack = 192 + (connections / 4);
        Assert.That(text, Does.Contain($"is {underAttack} MiB"));
        const int Program = 80;
        const int Datasets = 2 * 200 * 1000 / 1049;
        Assert.That(Program + (2 * underAttack) + Datasets, Is.LessThan(limit));
    }

    [TestCase("startupProbe", "ready")]
    [TestCase("readinessProbe", "ready")]
    [TestCase("livenessProbe", "live")]
    public async Task Probe_asks_for_what_it_decides(string probe, string state) => Assert.That(
        await File.ReadAllTextAsync(Manifests), Does.Match($@"\s{probe}:\s+httpGet: \{{ path: /health/{state}, port: http \}}\s"));

    [Test]
    public async Task Pod_has_the_time_to_drain_before_it_is_killed()
    {
        string text = await File.ReadAllTextAsync(Manifests);
        int sleep = NumberIn(text, @"preStop:\s+sleep: \{ seconds: (?<number>[0-9]+) \}");
        int drain = NumberIn(text, @"KVTCP_DRAIN_TIMEOUT: (?<number>[0-9]+)s\s");
        Assert.That(sleep + drain, Is.LessThan(NumberIn(text, "terminationGracePeriodSeconds: (?<number>[0-9]+)")));
    }

    private static int NumberIn(string text, string pattern) => int.Parse(Regex.Match(text, pattern, RegexOptions.NonBacktracking).Groups["number"].Value);

    private static async Task<ProcessResult> CheckAsync(string path)
    {
        using ProcessRun check = ProcessRun.Start(
            "node", [Repository.PathOf("tests/KvTcp.Tests/Deploy/check-manifests.cjs"), Repository.PathOf("artifacts/node-clients/node_modules"), path]);
        return await check.EndAsync();
    }
}
