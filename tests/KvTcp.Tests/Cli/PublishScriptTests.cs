using System.Text.Json;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>Runs tools/publish.sh in a copy of the layout with stand-ins for the SDK and the program: to compile for each platform takes minutes.</summary>
public sealed class PublishScriptTests
{
    private const string Dotnet = """
        #!/bin/bash
        while (($# > 0)); do
            case $1 in
            pack | publish) what=$1 ;;
            -r) rid=$2 ;;
            -o) out=$2 ;;
            esac
            shift
        done
        if [[ $what == pack ]]; then
            echo package >"$out/kvtcp.1.2.3.nupkg"
        elif [[ $rid == linux-arm64 ]]; then
            echo "/x/KvTcp.Cli.csproj : error NU1101: Unable to find package Microsoft.NETCore.App.Host.linux-arm64. [/x/KvTcp.sln]"
            exit 1
        else
            mkdir -p "$out" "$FAKE_ROOT/artifacts/bin/KvTcp.Cli/release_$rid"
            echo "binary of $rid" >"$out/kvtcp"
            cp "$FAKE_ROOT/deps.json" "$FAKE_ROOT/artifacts/bin/KvTcp.Cli/release_$rid/kvtcp.deps.json"
        fi
        """;

    private const string Dependencies = """
        {
          "targets": {
            "net10.0": {
              "Some.Package/2.0.0": {
                "type": "not this"
              }
            }
          },
          "libraries": {
            "kvtcp/1.2.3": {
              "type": "project"
            },
            "runtimepack.Some.Runtime.linux-x64/10.0.0": {
              "type": "runtimepack"
            },
            "Some.Package/2.0.0": {
              "type": "package",
              "path": "some.package/2.0.0"
            }
          }
        }
        """;

    /// <summary>Of a package, as NuGet keeps it. Its base64 holds a slash and a plus, and fills a line of `base64`.</summary>
    private static byte[] Hash { get; } = [.. Enumerable.Range(192, 64).Select(static i => (byte)i)];

    [TestCase("linux-x64", 0)]
    [TestCase("", 69, TestName = "Publish_of_all_platforms_says_which_one_is_missing")]
    public async Task Publish_makes_what_it_can_and_says_what_it_cannot(string platforms, int exitCode)
    {
        using TemporaryDirectory directory = new();
        string release = directory.PathOf("artifacts/release");
        foreach (string folder in new[] { "tools", "bin", "artifacts/bin/KvTcp.Cli/release", "packages/some.package/2.0.0" })
        {
            Directory.CreateDirectory(directory.PathOf(folder));
        }

        File.Copy(Repository.PathOf("tools/publish.sh"), directory.PathOf("tools/publish.sh"));
        directory.Write("deps.json", Dependencies);
        directory.Write("packages/some.package/2.0.0/some.package.2.0.0.nupkg.sha512", Convert.ToBase64String(Hash));
        directory.Write("packages/some.package/2.0.0/some.package.nuspec", "<metadata>\n  <license type=\"expression\">MIT</license>\n</metadata>\n");
        WriteProgram(directory, "bin/dotnet", Dotnet);
        WriteProgram(directory, "artifacts/bin/KvTcp.Cli/release/kvtcp", "#!/bin/bash\necho kvtcp 1.2.3\n");
        ProcessResult result = await ProcessRun.RunAsync(
            "bash",
            ["-c", $"PATH=\"$PWD/bin:$PATH\" tools/publish.sh {platforms}"],
            directory: directory.Root,
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["FAKE_ROOT"] = directory.Root, ["NUGET_PACKAGES"] = directory.PathOf("packages") });

        Assert.That(result.ExitCode, Is.EqualTo(exitCode), result.Error);
        Assert.That(result.Error.Contains("linux-arm64 is NOT published", StringComparison.Ordinal), Is.EqualTo(exitCode != 0), result.Error);
        Assert.That(result.Error.Contains("NU1101: Unable to find package Microsoft.NETCore.App.Host.linux-arm64.", StringComparison.Ordinal), Is.EqualTo(exitCode != 0));
        string[] files = [.. Directory.EnumerateFiles(release, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(release, path)).Order(StringComparer.Ordinal)];
        Assert.That(files, Is.EqualTo(new[]
        {
            "SHA256SUMS", "completion/_kvtcp", "completion/kvtcp.bash", "completion/kvtcp.fish",
            "kvtcp-1.2.3-linux-x64", "kvtcp-1.2.3-linux-x64.cdx.json", "kvtcp.1", "kvtcp.1.2.3.nupkg",
        }));
        ProcessResult check = await ProcessRun.RunAsync("sha256sum", ["--check", "--strict", "SHA256SUMS"], directory: release);
        Assert.That(check.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(files.Length - 1).And.All.EndsWith(": OK"), check.Error);
        AssertPackages(await File.ReadAllTextAsync(Path.Combine(release, "kvtcp-1.2.3-linux-x64.cdx.json")));
    }

    [Test]
    public async Task Published_program_is_one_compiled_file_that_needs_no_dotnet()
    {
        ProcessResult result = await ProcessRun.RunAsync(
            "dotnet",
            [
                "msbuild", Repository.PathOf("src/KvTcp.Cli/KvTcp.Cli.csproj"), "-p:RuntimeIdentifier=linux-x64",
                "-getProperty:SelfContained,PublishSingleFile,PublishReadyToRun",
            ]);
        Assert.That(result.ExitCode, Is.Zero, result.Output + result.Error);
        JsonElement properties = JsonDocument.Parse(result.Output).RootElement.GetProperty("Properties");
        Assert.That(properties.EnumerateObject().Select(static property => property.Value.GetString()), Has.Exactly(3).Items.And.All.EqualTo("true"));
    }

    private static void AssertPackages(string json)
    {
        JsonElement list = JsonDocument.Parse(json).RootElement;
        Assert.That(list.GetProperty("bomFormat").GetString(), Is.EqualTo("CycloneDX"));
        Assert.That(
            list.GetProperty("components").EnumerateArray().Select(static component => (
                component.GetProperty("name").GetString(),
                component.GetProperty("version").GetString(),
                component.TryGetProperty("licenses", out JsonElement licences) ? licences[0].GetProperty("expression").GetString() : null,
                component.TryGetProperty("hashes", out JsonElement hashes) ? $"{hashes[0].GetProperty("alg")} {hashes[0].GetProperty("content")}" : null)),
            Is.EqualTo(new[]
            {
                ("Some.Package", "2.0.0", "MIT", $"SHA-512 {Convert.ToHexStringLower(Hash)}"),
                ("Some.Runtime.linux-x64", "10.0.0", null, null),
            }));
    }

    private static void WriteProgram(TemporaryDirectory directory, string name, string text) =>
        File.SetUnixFileMode(directory.Write(name, text), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
