using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>
/// The NuGet package, built from a copy of the sources in a repository with a remote, as a release is, and used by a project that knows
/// nothing but the package. Nothing is downloaded: what the build needs lies in NuGet's cache since the tests were built.
/// </summary>
public sealed class PackageTests
{
    private const string Program = """
        using KvTcp.Client;

        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions { Servers = KvServerAddress.ParseList(args[0]) });
        Console.WriteLine(await client.GetStringAsync(Guid.Parse(args[1])));
        """;

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="KvTcp.Client" Version="0.1.0" />
          </ItemGroup>
        </Project>
        """;

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(4);

    private static readonly string Cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    [Test]
    public async Task Package_is_complete_and_can_be_used_offline()
    {
        using TemporaryDirectory directory = new();
        string packages = Directory.CreateDirectory(directory.PathOf("packages")).FullName;
        await PackAsync(Directory.CreateDirectory(directory.PathOf("source")).FullName, packages);

        using ZipArchive package = await ZipFile.OpenReadAsync(Path.Combine(packages, "KvTcp.Client.0.1.0.nupkg"));
        XElement metadata = (await ReadAsync(package, "KvTcp.Client.nuspec", XDocument.Load)).Root!.Elements().Single();
        string Value(string name) => metadata.Elements().Single(element => string.Equals(element.Name.LocalName, name, StringComparison.Ordinal)).Value;
        Assert.That(Value("license"), Is.EqualTo("MIT"));
        Assert.That(Value("readme"), Is.EqualTo("README.md"));
        XElement repository = metadata.Elements().Single(static element => element.Name.LocalName is "repository");
        Assert.That(repository.Attribute("url")?.Value, Is.EqualTo("https://github.com/example/kvtcp.git"));
        Assert.That(repository.Attribute("commit")?.Value, Has.Length.EqualTo(40));
        Assert.That(
            package.Entries.Select(static entry => entry.FullName),
            Is.SupersetOf(new[] { "README.md", "lib/net10.0/KvTcp.Client.dll", "lib/net10.0/KvTcp.Client.xml" }));

        using ZipArchive symbols = await ZipFile.OpenReadAsync(Path.Combine(packages, "KvTcp.Client.0.1.0.snupkg"));
        string pdb = await ReadAsync(symbols, "lib/net10.0/KvTcp.Client.pdb", static stream => new StreamReader(stream, Encoding.Latin1).ReadToEnd());
        Assert.That(pdb, Does.Contain("https://raw.githubusercontent.com/example/kvtcp/"), "SourceLink says where the sources are");

        Assert.That(await UseAsync(Directory.CreateDirectory(directory.PathOf("user")).FullName, packages), Is.EqualTo("one\n"));
    }

    private static async Task PackAsync(string source, string packages)
    {
        await RunAsync(Repository.Root, "bash", "-c", $"cp -r src Directory.*.props global.json .editorconfig '{source}'");
        await RunAsync(source, "git", "init", "--quiet");
        await RunAsync(source, "git", "remote", "add", "origin", "https://github.com/example/kvtcp.git");
        await RunAsync(source, "git", "add", "--all");
        await RunAsync(source, "git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "Copy");
        foreach (string project in new[] { "KvTcp.Protocol", "KvTcp.Client" })
        {
            await RunAsync(
                source, "dotnet", "pack", $"src/{project}", "-c", "Release", "-o", packages, "-nodeReuse:false", "-p:UseSharedCompilation=false",
                "-p:RunAnalyzers=false", $"-p:RestoreSources={packages}");
        }
    }

    private static async Task<string> UseAsync(string user, string packages)
    {
        await File.WriteAllTextAsync(Path.Combine(user, "Program.cs"), Program);
        await File.WriteAllTextAsync(Path.Combine(user, "user.csproj"), Project);

        // The packages go to a folder of their own, lest the real cache keep this build of them.
        await RunAsync(
            user, "dotnet", "build", "-o", "out", "-nodeReuse:false", "-p:UseSharedCompilation=false", $"-p:RestoreSources={packages}",
            $"-p:RestorePackagesPath={Path.Combine(user, "restored")}", $"-p:RestoreFallbackFolders={Cache}");
        await using RunningServer server = await RunningServer.StartAsync(data: TestDataset.WithValues("one"));
        return await RunAsync(user, "dotnet", "out/user.dll", $"{server.EndPoint}", $"{TestDataset.Key(0)}");
    }

    private static async Task<string> RunAsync(string directory, string program, params string[] arguments)
    {
        ProcessResult result = await ProcessRun.RunAsync(program, arguments, directory: directory, patience: BuildLimit);
        Assert.That(result.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}\n{result.Output}{result.Error}");
        return result.Output;
    }

    private static async Task<T> ReadAsync<T>(ZipArchive archive, string name, Func<Stream, T> read)
    {
        await using Stream stream = await archive.GetEntry(name)!.OpenAsync();
        return read(stream);
    }
}
