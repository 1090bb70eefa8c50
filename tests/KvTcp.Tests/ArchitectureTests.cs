using System.Xml.Linq;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests;

/// <summary>The dependencies between the projects, and the names that say nothing. A new project under src/ needs a row here.</summary>
[TestFixture]
public class ArchitectureTests
{
    private const string Protocol = "KvTcp.Protocol";
    private const string Store = "KvTcp.Store";
    private const string Transport = "KvTcp.Transport";
    private const string Redis = "KvTcp.Redis";
    private const string Server = "KvTcp.Server";
    private const string Client = "KvTcp.Client";
    private const string Cli = "KvTcp.Cli";

    private static readonly string[] SocketsAndAspNet = ["System.Net.", "Microsoft.AspNetCore."];

    private static readonly ArchitectureRule[] Rules =
    [
        // What the bytes mean, whoever carries them.
        new(Protocol) { Forbidden = SocketsAndAspNet },

        // The dataset; of the wire it knows how a key is written.
        new(Store, Protocol) { OnlyTypes = ["KvTcp.Protocol.UuidText"] },

        // Bytes in and out, whatever they mean.
        new(Transport),

        new(Redis, Protocol),
        new(Server, Protocol, Store, Transport, Redis),
        new(Client, Protocol),
        new(Cli, Protocol, Store, Transport, Redis, Server, Client),
    ];

    private static readonly string[] EmptyNames = ["Common", "Core", "Utils", "Helpers", "Misc"];

    // Not in the repository: what git, builds and editors leave.
    private static readonly string[] NotSources =
        [".git", ".vs", ".vscode", ".idea", "artifacts", "bin", "obj", "node_modules", "BenchmarkDotNet.Artifacts", "TestResults"];

    private static IEnumerable<string> SourceProjects =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "src"))
            .Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(SourceProjects))]
    public void Project_uses_only_what_its_rule_allows(string project)
    {
        ArchitectureRule? rule = Rules.SingleOrDefault(rule => string.Equals(rule.Project, project, StringComparison.Ordinal));
        Assert.That(rule, Is.Not.Null, "every project under src/ has a row in the table");

        XDocument file = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
        string name = file.Descendants("AssemblyName").SingleOrDefault()?.Value ?? project;
        string assembly = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        Assert.That(assembly, Does.Exist, "the tests refer to every project under src/");

        Assert.That(rule.Violations(AssemblyReferences.Read(assembly)).Concat(rule.Violations(References(file))), Is.Empty);
    }

    [TestCase(Protocol, Store, "Protocol uses no other project")]
    [TestCase(Protocol, "System.Net.Sockets", "Protocol knows no sockets")]
    [TestCase(Protocol, "Microsoft.AspNetCore.Connections.Abstractions", "Protocol knows no ASP.NET")]
    [TestCase(Store, Server, "Store lies below Server")]
    [TestCase(Store, Transport, "Store carries no bytes")]
    [TestCase(Transport, Protocol, "Transport knows no commands")]
    [TestCase(Transport, Store, "Transport knows no keys")]
    [TestCase(Redis, Store, "the RESP client knows no dataset")]
    [TestCase(Server, Client, "Server and Client do not know each other")]
    [TestCase(Client, Server, "Server and Client do not know each other")]
    [TestCase(Client, Store, "the client has no dataset")]
    [TestCase(Server, "kvtcp", "nothing uses the program")]
    public void Rule_refuses_a_forbidden_reference(string project, string reference, string reason)
    {
        ArchitectureRule rule = Rules.Single(rule => string.Equals(rule.Project, project, StringComparison.Ordinal));

        Assert.That(rule.Violations(new AssemblyReferences(["System.Runtime", reference], [])), Has.Exactly(1).Items, reason);
        Assert.That(rule.Violations([reference]), Has.Exactly(1).Items, reason);
    }

    [TestCase("KvTcp.Protocol.UuidText", true)]
    [TestCase("KvTcp.Protocol.RequestParser", false)]
    [TestCase("KvTcp.Protocol.ErrorCode", false)]
    public void Rule_of_Store_allows_only_UUID_text(string type, bool allowed)
    {
        ArchitectureRule rule = Rules.Single(rule => string.Equals(rule.Project, Store, StringComparison.Ordinal));
        AssemblyReferences references = new(["System.Runtime", Protocol], [("System.Runtime", "System.Guid"), (Protocol, type)]);

        Assert.That(rule.Violations(references).Count(), Is.EqualTo(allowed ? 0 : 1));
    }

    [Test]
    public void AssemblyReferences_sees_the_references_of_this_very_assembly()
    {
        AssemblyReferences references = AssemblyReferences.Read(typeof(ArchitectureTests).Assembly.Location);

        Assert.That(references.Assemblies, Does.Contain(Protocol).And.Contain("nunit.framework"));
        Assert.That(references.Types, Does.Contain((Protocol, "KvTcp.Protocol.UuidText")));
    }

    [Test]
    public void Solution_holds_every_project()
    {
        string solution = Repository.ReadText("KvTcp.sln").Replace('\\', '/');
        IEnumerable<string> projects = Paths().Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));

        Assert.That(projects, Is.Not.Empty.And.All.Matches<string>(path => solution.Contains($"\"{path}\"", StringComparison.Ordinal)));
    }

    [Test]
    public void No_project_folder_or_file_has_a_name_that_says_nothing() =>
        Assert.That(Paths().Where(SaysNothing), Is.Empty);

    [TestCase("src/KvTcp.Core/KvTcp.Core.csproj", true)]
    [TestCase("src/KvTcp.Server/Helpers/", true)]
    [TestCase("src/KvTcp.Server/Utils.cs", true)]
    [TestCase("docs/misc.md", true)]
    [TestCase("tests/test-helpers/", true)]
    [TestCase("src/KvTcp.Store/Score.cs", false)]
    [TestCase("src/KvTcp.Protocol/CommandTable.cs", false)]
    public void SaysNothing_looks_at_the_last_name_of_a_path(string path, bool expected) =>
        Assert.That(SaysNothing(path), Is.EqualTo(expected));

    private static bool SaysNothing(string path) =>
        Path.GetFileName(path.TrimEnd('/')).Split('.', '-', '_', ' ').Intersect(EmptyNames, StringComparer.OrdinalIgnoreCase).Any();

    // The compiler drops references that no code uses, so a project file may break a rule before its assembly does.
    private static IEnumerable<string> References(XDocument file) =>
        file.Descendants().Where(item => item.Name.LocalName is "ProjectReference" or "PackageReference" or "FrameworkReference")
            .Select(reference => reference.Attribute("Include")?.Value ?? "")
            .Select(name => name.EndsWith(".csproj", StringComparison.Ordinal)
                ? Path.GetFileNameWithoutExtension(name.Replace('\\', '/'))
                : name);

    /// <summary>Every folder (with a slash at its end) and file of the sources, relative to the root.</summary>
    private static IEnumerable<string> Paths() => Paths(new DirectoryInfo(Repository.Root), "");

    private static IEnumerable<string> Paths(DirectoryInfo folder, string prefix)
    {
        foreach (FileInfo file in folder.EnumerateFiles())
        {
            yield return prefix + file.Name;
        }

        IEnumerable<DirectoryInfo> sources =
            folder.EnumerateDirectories().Where(inner => !NotSources.Contains(inner.Name, StringComparer.Ordinal));
        foreach (DirectoryInfo inner in sources)
        {
            yield return $"{prefix}{inner.Name}/";
            foreach (string path in Paths(inner, $"{prefix}{inner.Name}/"))
            {
                yield return path;
            }
        }
    }
}
