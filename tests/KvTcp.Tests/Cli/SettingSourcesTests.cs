using System.CommandLine;
using KvTcp.Cli;
using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class SettingSourcesTests
{
    private readonly Dictionary<string, string> _environment = [];
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory()
    {
        _directory.Dispose();
        _environment.Clear();
    }

    [Test]
    public void Get_without_any_source_gives_the_default() =>
        Assert.That(Sources().Get(KnownSettings.MaxConnections, 7), Is.EqualTo(7));

    [Test]
    public void Get_prefers_the_command_line_to_the_environment_to_the_file()
    {
        WriteSettings("""{ "KvTcp": { "MaxConnections": 1 } }""");
        Assert.That(Sources().Get(KnownSettings.MaxConnections, 7), Is.EqualTo(1));
        _environment["KVTCP_MAX_CONNECTIONS"] = "2";
        Assert.That(Sources().Get(KnownSettings.MaxConnections, 7), Is.EqualTo(2));
        Assert.That(Sources("--max-connections", "3").Get(KnownSettings.MaxConnections, 7), Is.EqualTo(3));
    }

    [Test]
    public void Get_takes_an_empty_variable_for_not_set()
    {
        _environment["KVTCP_MAX_CONNECTIONS"] = "";
        Assert.That(Sources().Get(KnownSettings.MaxConnections, 7), Is.EqualTo(7));
    }

    [Test]
    public void GetAll_takes_a_list_whole_from_one_source()
    {
        WriteSettings("""{ "KvTcp": { "Data": ["a", "b;c"] } }""");
        Assert.That(Sources().GetAll(KnownSettings.Data, []), Is.EqualTo(["a", "b;c"]));
        _environment["KV_DATA_FILE_PATH"] = "d;e";
        Assert.That(Sources().GetAll(KnownSettings.Data, []), Is.EqualTo(["d;e"]), "KV_DATA_FILE_PATH holds one path");
        _environment["KVTCP_DATA"] = "f;g:h,i";
        Assert.That(Sources().GetAll(KnownSettings.Data, []), Is.EqualTo(["f", "g:h,i"]));
        Assert.That(Sources("--data", "-", "--data", "j").GetAll(KnownSettings.Data, []), Is.EqualTo(["-", "j"]));
    }

    [Test]
    public void GetAll_reads_addresses_from_a_variable()
    {
        _environment["KVTCP_LISTEN"] = "[::1]:1;unix:/x";
        IReadOnlyList<ListenAddress> addresses = Sources().GetAll(KnownSettings.Listen, []);
        Assert.That(addresses.Select(static a => a.Text), Is.EqualTo(["[::1]:1", "unix:/x"]));
    }

    [Test]
    public void Get_of_a_wrong_value_names_the_option() =>
        AssertUsageError(() => Sources("--max-connections", "x").Get(KnownSettings.MaxConnections, 7), "--max-connections: 'x'");

    [Test]
    public void Get_of_a_wrong_value_names_the_variable()
    {
        _environment["KVTCP_IDLE_TIMEOUT"] = "soon";
        AssertUsageError(() => Sources().Get(KnownSettings.IdleTimeout, TimeSpan.Zero), "KVTCP_IDLE_TIMEOUT: 'soon'");
    }

    [Test]
    public void Get_of_a_wrong_value_names_the_file_and_the_setting()
    {
        WriteSettings("""{ "KvTcp": { "IdleTimeout": 0 } }""");
        AssertUsageError(() => Sources().Get(KnownSettings.IdleTimeout, TimeSpan.Zero), "appsettings.json, KvTcp.IdleTimeout: '0'");
    }

    [TestCase("{", "appsettings.json, line 1", TestName = "SettingsFile_that_ends_early_is_refused")]
    [TestCase("{\n \"KvTcp\": x }", "appsettings.json, line 2", TestName = "SettingsFile_that_is_not_JSON_is_refused_with_its_line")]
    [TestCase("""{ "KvTcp": [] }""", "KvTcp: it must be an object", TestName = "SettingsFile_with_a_list_for_the_section_is_refused")]
    [TestCase("""{ "KvTcp": { "maxConnections": 1 } }""", "KvTcp.maxConnections: there is no such setting", TestName = "SettingsFile_with_an_unknown_name_is_refused")]
    [TestCase("""{ "KvTcp": { "MaxConnections": true } }""", "KvTcp.MaxConnections: it must be a string", TestName = "SettingsFile_with_a_value_of_the_wrong_kind_is_refused")]
    [TestCase("""{ "KvTcp": { "MaxConnections": [1] } }""", "KvTcp.MaxConnections: it must be a string", TestName = "SettingsFile_with_a_list_for_a_single_value_is_refused")]
    [TestCase("""{ "KvTcp": { "Data": [["a"]] } }""", "KvTcp.Data: it must be a string", TestName = "SettingsFile_with_a_list_in_a_list_is_refused")]
    public void SettingsFile_that_is_wrong_is_refused(string content, string message)
    {
        WriteSettings(content);
        AssertUsageError(() => Sources(), message);
    }

    [TestCase("{}", TestName = "SettingsFile_without_the_section_sets_nothing")]
    [TestCase("[]", TestName = "SettingsFile_that_is_a_list_sets_nothing")]
    [TestCase("""{ "Logging": { "Any": 1 }, /* why */ "KvTcp": {}, }""", TestName = "SettingsFile_may_have_comments_and_other_sections")]
    public void SettingsFile_that_sets_nothing_leaves_the_default(string content)
    {
        WriteSettings(content);
        Assert.That(Sources().Get(KnownSettings.OnBadLine, BadLinePolicy.Skip), Is.EqualTo(BadLinePolicy.Skip));
    }

    private static void AssertUsageError(Action action, string message)
    {
        CommandException? error = Assert.Throws<CommandException>(action);
        Assert.That(error!.ExitCode, Is.EqualTo(64));
        Assert.That(error.Message, Does.Contain(message));
    }

    private void WriteSettings(string content) => _directory.Write("appsettings.json", content);

    private SettingSources Sources(params string[] arguments)
    {
        ParseResult commandLine = CommandLine.Create().Parse(["serve", .. arguments]);
        Assert.That(commandLine.Errors, Is.Empty);
        return new SettingSources(
            commandLine, _environment.GetValueOrDefault, SettingsFile.Read(_directory.Root, KnownSettings.All));
    }
}
