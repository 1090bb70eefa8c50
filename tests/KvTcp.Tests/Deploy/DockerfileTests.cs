using System.Text.RegularExpressions;
using KvTcp.Cli;
using KvTcp.Soak;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Deploy;

/// <summary>The Dockerfile and .dockerignore, as far as they can be judged where no Docker runs.</summary>
public sealed class DockerfileTests
{
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
        Assert.That(file, Does.Not.Contain("ENV KVTCP_HTTP").And.Not.Match(@"(?m)^\s+KVTCP_HTTP=").And.Match("(?m)^EXPOSE 7878$"), "HTTP asks for no token");
        string[] variables = [.. Regex.Matches(file, @"(?<name>KVTCP_[A-Z_]+)=\S", RegexOptions.NonBacktracking).Select(static match => match.Groups["name"].Value)];
        Assert.That(variables, Is.Not.Empty.And.SubsetOf(KnownSettings.All.Select(static setting => setting.EnvironmentName)));
    }

    [Test]
    public void Image_has_the_youngest_generation_of_the_soak_test() => Assert.That(
        Repository.ReadText("deploy/docker/Dockerfile"), Does.Match($@"(?m)^ +{SoakServer.YoungestGeneration.Name}={SoakServer.YoungestGeneration.Value}( \\)?$"));

    private static IEnumerable<string> Lines(string path) =>
        File.ReadLines(Repository.PathOf(path)).Where(static line => line.Length > 0 && !line.StartsWith('#'));
}
