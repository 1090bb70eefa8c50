using System.CommandLine;
using System.Net;
using System.Text;
using KvTcp.Cli;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Scenario;

[TestFixture]
public class ScenarioFileTests
{
    private const string File = "file.json";

    private static readonly LoadPlan Plan = new() { Server = new IPEndPoint(IPAddress.Loopback, 7878), Host = "127.0.0.1" };

    [Test]
    public void Phase_changes_what_it_names_and_keeps_the_rest()
    {
        LoadPlan plan = Phase("""
            "duration": "90s", "warm-up": "500ms", "rate": 12.5, "connections": 7, "depth": 3, "mget": 10, "misses": 0.25, "zipf": 0.99
            """);

        Assert.That(plan, Is.EqualTo(Plan with
        {
            Duration = TimeSpan.FromSeconds(90),
            WarmUp = TimeSpan.FromMilliseconds(500),
            Rate = 12.5,
            Connections = 7,
            Depth = 3,
            KeysPerRequest = 10,
            Keys = new KeyChoice(0.25, 0.99),
        }));
        Assert.That(Phase(""), Is.EqualTo(Plan));
    }

    [Test]
    public void Phases_do_not_inherit_from_each_other()
    {
        IReadOnlyList<ScenarioPhase> phases = Parse("""{"description": "d", "phases": [{"name": "a", "rate": 5}, {"name": "b", "depth": 2}]}""");

        Assert.That(phases, Is.EqualTo(
            [new ScenarioPhase("a", Plan with { Rate = 5 }), new ScenarioPhase("b", Plan with { Depth = 2 })]));
    }

    [TestCase("\"count\": 5", 5, "a count instead of a duration")]
    [TestCase("\"duration\": 2", null, "a duration instead of the command line's count")]
    [TestCase("", 99, "nothing said")]
    public void Phase_ends_after_a_duration_or_a_count(string fields, long? count, string reason) =>
        Assert.That(Phase(fields, "--count", "99").Count, Is.EqualTo(count), reason);

    [TestCase("\"rate\": null")]
    [TestCase("\"zipf\": null")]
    public void Null_takes_back_what_the_command_line_says(string field)
    {
        LoadPlan plan = Phase(field, "--rate", "5", "--zipf", "1");

        Assert.That((plan.Rate is null) != (plan.Keys.ZipfExponent is null), Is.True);
    }

    [TestCase("", "file.json is not JSON in line 1", "nothing")]
    [TestCase("{", "file.json is not JSON in line 1", "cut off")]
    [TestCase("{\n\"phases\": [\n  {,", "file.json is not JSON in line 3", "the line")]
    [TestCase("// note\n{}", "file.json is not JSON", "a comment")]
    [TestCase("{\"phases\": [{\"name\": \"a\"},]}", "file.json is not JSON", "a trailing comma")]
    [TestCase("[[[[[[[[[[]]]]]]]]]]", "file.json is not JSON", "nested deeper than any scenario")]
    [TestCase("[]", "file.json: it is not an object", "a list")]
    [TestCase("null", "file.json: it is not an object", "nothing in JSON")]
    [TestCase("{}", "file.json: phases is not a list of 1 to 1000 phases", "no phases")]
    [TestCase("{\"phases\": []}", "file.json: phases is not a list of 1 to 1000 phases", "an empty list")]
    [TestCase("{\"phases\": {}}", "file.json: phases is not a list of 1 to 1000 phases", "no list")]
    [TestCase("{\"phase\": []}", "file.json: there is no field 'phase'; a scenario has description and phases", "misspelt")]
    [TestCase("{\"description\": 5, \"phases\": []}", "file.json: description is no text", "a number")]
    [TestCase("{\"phases\": [{\"name\": \"a\"}], \"phases\": []}", "file.json is not JSON", "a field twice")]
    [TestCase("{\"phases\": [5]}", "file.json: phase 1: it is not an object", "a phase that is none")]
    [TestCase("{\"phases\": [{}]}", "file.json: phase 1: name is missing", "no name")]
    [TestCase("{\"phases\": [{\"name\": \"\"}]}", "file.json: phase 1: name is missing, or not a text of 1 to 40", "an empty name")]
    [TestCase("{\"phases\": [{\"name\": 5}]}", "file.json: phase 1: name is missing, or not a text", "a number for a name")]
    [TestCase("{\"phases\": [{\"name\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}", "not a text of 1 to 40 characters", "a name of 41")]
    [TestCase("{\"phases\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}", "file.json: phase 2: another phase is called 'a', too", "a name twice")]
    [TestCase("{\"phases\": [{\"name\": \"\\ud800\"}]}", "file.json holds text that is not Unicode", "half a surrogate pair")]
    [TestCase("{\"phases\": [{\"name\": \"a\", \"\\ud800\": 1}]}", "file.json holds text that is not Unicode", "half a surrogate pair in a field's name")]
    public void What_is_no_scenario_is_refused(string json, string expected, string reason) =>
        Assert.That(() => Parse(json), Throws.TypeOf<CommandException>().With.Message.Contains(expected), reason);

    [TestCase("\"deph\": 2", "there is no field 'deph'; a phase has name, duration, count, warm-up, rate,", "misspelt")]
    [TestCase("\"Depth\": 2", "there is no field 'Depth'", "the case counts")]
    [TestCase("\"--depth\": 2", "there is no field '--depth'", "an option")]
    [TestCase("\"threads\": 2", "there is no field 'threads'", "an option that is not for phases")]
    [TestCase("\"name\": \"b\"", "is not JSON", "a name twice")]
    [TestCase("\"duration\": \"10s\", \"count\": 5", "count and duration both say when to end; give one of them", "both")]
    [TestCase("\"duration\": \"10 parsecs\"", "duration: '10 parsecs' is not a duration from 10ms to 24h", "no unit of time")]
    [TestCase("\"duration\": \"9ms\"", "duration: '9ms' is not a duration from 10ms to 24h", "too short")]
    [TestCase("\"duration\": \"25h\"", "duration: '25h' is not a duration", "too long")]
    [TestCase("\"duration\": 1e300", "duration: '1e300' is not a duration", "beyond any clock")]
    [TestCase("\"duration\": -1", "duration: '-1' is not a duration", "negative")]
    [TestCase("\"duration\": true", "duration is neither a number nor a text", "of another type")]
    [TestCase("\"warm-up\": \"-1s\"", "warm-up: '-1s' is not a duration from 0s to", "negative")]
    [TestCase("\"count\": 0", "count: '0' is not a whole number from 1 to", "nothing to do")]
    [TestCase("\"count\": 1.5", "count: '1.5' is not a whole number", "a fraction")]
    [TestCase("\"count\": 9223372036854775808", "count: '9223372036854775808' is not a whole number", "beyond 64 bits")]
    [TestCase("\"rate\": 0", "rate: '0' is not a number from 0.1 to", "never")]
    [TestCase("\"rate\": 100000001", "rate: '100000001' is not a number from 0.1 to 100000000", "more than any server")]
    [TestCase("\"rate\": \"fast\"", "rate: 'fast' is not a number", "a word")]
    [TestCase("\"rate\": \"\"", "rate: '' is not a number", "an empty text")]
    [TestCase("\"rate\": 1e999", "rate: '1e999' is not a number", "infinite")]
    [TestCase("\"connections\": 0", "connections: '0' is not a whole number from 1 to 100000", "none")]
    [TestCase("\"connections\": 100001", "connections: '100001' is not a whole number from 1 to 100000", "one too many")]
    [TestCase("\"depth\": 16385", "depth: '16385' is not a whole number from 1 to 16384", "one too deep")]
    [TestCase("\"depth\": [1]", "depth is neither a number nor a text", "a list")]
    [TestCase("\"depth\": {}", "depth is neither a number nor a text", "an object")]
    [TestCase("\"mget\": 0", "mget: '0' is not a whole number from 1 to", "none")]
    [TestCase("\"misses\": 1.01", "misses: '1.01' is not a number from 0 to 1", "a percentage")]
    [TestCase("\"misses\": -0.1", "misses: '-0.1' is not a number from 0 to 1", "negative")]
    [TestCase("\"zipf\": 0", "zipf: '0' is not a number from", "no exponent")]
    public void Field_that_is_wrong_is_named_with_its_file_and_phase(string fields, string expected, string reason) => Assert.That(
        () => Phase(fields), Throws.TypeOf<CommandException>().With.Message.StartsWith("file.json").And.Message.Contains(expected), reason);

    [Test]
    public void Error_names_the_phase_by_number_and_name() => Assert.That(
        () => Parse("""{"phases": [{"name": "calm"}, {"name": "busy", "rate": "x"}]}"""),
        Throws.TypeOf<CommandException>().With.Message.StartsWith("file.json: phase 2 (busy): rate: 'x' is not a number"));

    [Test]
    public void Fields_that_do_not_go_with_the_protocol_are_refused() => Assert.That(
        () => Parse("""{"phases": [{"name": "a", "mget": 2}]}""", "--protocol", "http"),
        Throws.TypeOf<CommandException>().With.Message.StartsWith("file.json: phase 1 (a): mget does not go with protocol http"));

    [Test]
    public void Text_that_is_not_UTF8_is_refused() => Assert.That(
        () => ScenarioFile.Parse("{\"phases\": [{\"name\": \"\xff\xfe\"}]}"u8.ToArray().Select(static b => b == 0xc3 ? (byte)0xff : b).ToArray(), File, PlanOf()),
        Throws.TypeOf<CommandException>().With.Message.StartsWith("file.json"));

    [Test]
    public void Limits_of_size_hold()
    {
        using TemporaryDirectory directory = new();
        string phases = string.Join(',', Enumerable.Range(0, ScenarioFile.MaxPhases).Select(static number => $$"""{"name":"{{number}}"}"""));
        string padding = new(' ', ScenarioFile.MaxBytes - phases.Length - """{"phases":[]}""".Length);
        string most = directory.Write("most.json", $$"""{"phases":[{{phases}}]}{{padding}}""");
        string longer = directory.Write("longer.json", $$"""{"phases":[{{phases}}]}{{padding}} """);

        Assert.That(ScenarioFile.Read(most, PlanOf()), Has.Count.EqualTo(ScenarioFile.MaxPhases));
        Assert.That(() => ScenarioFile.Read(longer, PlanOf()), Throws.TypeOf<CommandException>().With.Message.EndsWith("is longer than 1 MiB, the most for a scenario"));
        Assert.That(() => Parse($$"""{"phases":[{{phases}},{"name":"one more"}]}"""), Throws.TypeOf<CommandException>().With.Message.Contains("1 to 1000 phases"));
    }

    [Test]
    public void File_that_cannot_be_read_is_named()
    {
        using TemporaryDirectory directory = new();

        Assert.That(
            () => ScenarioFile.Read(directory.PathOf("none.json"), PlanOf()),
            Throws.TypeOf<CommandException>().With.Message.StartsWith(directory.PathOf("none.json")).And.Message.Contains("cannot be read"));
        Assert.That(() => ScenarioFile.Read(directory.Root, PlanOf()), Throws.TypeOf<CommandException>().With.Message.Contains("cannot be read"));
    }

    [Test]
    public void Documentation_names_every_field()
    {
        string page = Repository.ReadText("docs/loadgen.md");

        Assert.That(ScenarioFile.PhaseFields.Where(field => !page.Contains($"| `{field}` |", StringComparison.Ordinal)), Is.Empty);
    }

    private static LoadPlan Phase(string fields, params string[] options)
    {
        string comma = fields.Length > 0 ? "," : "";
        return Parse($$"""{"phases": [{"name": "a"{{comma}} {{fields}}}]}""", options)[0].Plan;
    }

    private static IReadOnlyList<ScenarioPhase> Parse(string json, params string[] options) =>
        ScenarioFile.Parse(Encoding.UTF8.GetBytes(json), File, PlanOf(options));

    private static Func<IReadOnlyDictionary<string, string?>, LoadPlan> PlanOf(params string[] options)
    {
        ParseResult line = LoadGenCommand.Create().Parse(["--data", "some.data", .. options]);
        return phase => PlanOptions.PlanOf(line, Plan.Server, phase);
    }
}
