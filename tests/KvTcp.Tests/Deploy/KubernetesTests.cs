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
            (0, "ConfigMap kvtcp\nDeployment kvtcp\nService kvtcp\nPodDisruptionBudget kvtcp\nHorizontalPodAutoscaler kvtcp\n")), result.Error);
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

    private static async Task<ProcessResult> CheckAsync(string path)
    {
        using ProcessRun check = ProcessRun.Start(
            "node", [Repository.PathOf("tests/KvTcp.Tests/Deploy/check-manifests.cjs"), Repository.PathOf("artifacts/node-clients/node_modules"), path]);
        return await check.EndAsync();
    }
}
