using System.Text;
using KvTcp.Fuzz;
using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>The format of data files, docs/data-file.md, case by case; each text is loaded in every way there is.</summary>
[TestFixture]
public sealed class DataFileFormatTests
{
    private const string NoKey = "the line does not start with a UUID (8-4-4-4-12 hexadecimal digits)";

    private const string A = "0a0a0a0a-1111-4222-8333-444444444444";
    private const string B = "0b0b0b0b-1111-4222-8333-444444444444";

    [TestCase("", 0, TestName = "Empty_file_is_an_empty_dataset")]
    [TestCase("\uFEFF", 0, TestName = "Bom_alone_is_an_empty_dataset")]
    [TestCase("\n", 0, TestName = "One_blank_line_is_an_empty_dataset")]
    [TestCase("\r", 0, TestName = "Lone_carriage_return_without_line_feed_is_blank")]
    [TestCase("\n\r\n\n", 0, TestName = "Blank_lines_with_and_without_carriage_return")]
    [TestCase(A + " a\n" + B + " b\n", 2, TestName = "Two_pairs")]
    [TestCase(A + " a\n" + B + " b", 2, TestName = "Last_line_without_line_feed_counts")]
    [TestCase(A + " a\r\n" + B + " b\r\n", 2, TestName = "Trailing_carriage_returns_are_dropped")]
    [TestCase(A + " a\r\n" + B + " b\r", 2, TestName = "Trailing_carriage_return_of_a_last_line_without_line_feed_is_dropped")]
    [TestCase("\uFEFF" + A + " a\n", 1, TestName = "Bom_is_skipped")]
    [TestCase("\uFEFF\n" + A + " a\n", 1, TestName = "Blank_line_after_a_bom")]
    [TestCase("\n\n" + A + " a\n\n" + B + " b\n\n", 2, TestName = "Blank_lines_between_pairs")]
    [TestCase(A + " \n" + B + " ", 2, TestName = "Empty_values")]
    [TestCase(A + " \r\n" + B + " \r", 2, TestName = "Empty_values_before_a_carriage_return")]
    [TestCase(A + "   a b  \n", 1, TestName = "Spaces_of_the_value_are_kept")]
    [TestCase(A + " \ta\t\n", 1, TestName = "Tabs_of_the_value_are_kept")]
    [TestCase("0A0A0A0A-1111-4222-8333-44444444ABCD a\n", 1, TestName = "Upper_case_key")]
    [TestCase(A + " snowman \u2603, \U0001F600\n" + B + " \u00E9\n", 2, TestName = "Values_of_two_three_and_four_byte_sequences")]
    [TestCase(A + " \uFEFF\n", 1, TestName = "Bom_inside_a_value_stays")]
    [TestCase(A + " a\n" + A + " b\n" + B + " c\n" + A + " d\n", 2, TestName = "Last_duplicate_wins")]
    public void Good_text(string text, int pairs)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Assert.That(new DataFileOracle(new DataFileOptions(), ("text", bytes)).Pairs, Has.Count.EqualTo(pairs));
        EveryWayToLoad.AgreesWithTheOracle(bytes);
    }

    // The text is Latin-1 here, so that bytes which are no UTF-8 can be written.
    [TestCase("nonsense\n", NoKey, TestName = "No_key_at_all")]
    [TestCase(" \n", NoKey, TestName = "Space_is_not_blank")]
    [TestCase("\r\r\n", NoKey, TestName = "Two_carriage_returns_are_not_blank")]
    [TestCase("\0\n", NoKey, TestName = "Nul_is_not_blank")]
    [TestCase(" " + A + " a\n", NoKey, TestName = "Space_before_the_key")]
    [TestCase("{" + A + "} a\n", NoKey, TestName = "Key_in_braces")]
    [TestCase("0a0a0a0a1111422283334444444444440000 a\n", NoKey, TestName = "Key_without_hyphens")]
    [TestCase("0a0a0a0g-1111-4222-8333-444444444444 a\n", NoKey, TestName = "Key_with_a_letter_that_is_no_digit")]
    [TestCase("+a0a0a0a-1111-4222-8333-444444444444 a\n", NoKey, TestName = "Key_with_a_sign")]
    [TestCase("0a0a0a0a-0x11-4222-8333-444444444444 a\n", NoKey, TestName = "Key_with_a_0x_prefix")]
    [TestCase("0a0a0a0a-1111-4222-8333-44444444444 a\n", NoKey, TestName = "Key_of_35_characters")]
    [TestCase("0a0a0a0a-1111-4222-8333-44444444444\n", NoKey, TestName = "Line_cut_inside_the_key")]
    [TestCase("\u00EF\u00BB\u00BF\u00EF\u00BB\u00BF" + A + " a\n", NoKey, TestName = "Second_bom")]
    [TestCase(A + "4 a\n", "no space after the key", TestName = "Key_of_37_characters")]
    [TestCase(A + "\ta\n", "no space after the key", TestName = "Tab_after_the_key")]
    [TestCase(A + "\n", "no space after the key", TestName = "Key_alone")]
    [TestCase(A, "no space after the key", TestName = "Key_alone_at_the_end_of_the_file")]
    [TestCase(A + "\r\n", "no space after the key", TestName = "Key_and_carriage_return")]
    [TestCase(A + " a\0b\n", "NUL inside the value", TestName = "Nul_in_the_value")]
    [TestCase(A + " a\rb\n", "CR inside the value", TestName = "Carriage_return_in_the_value")]
    [TestCase(A + " a\r\r\n", "CR inside the value", TestName = "Only_one_trailing_carriage_return_is_dropped")]
    [TestCase(A + " \u00E9\n", "the value is not valid UTF-8", TestName = "Latin_1_is_no_utf8")]
    [TestCase(A + " \u00C0\u0080\n", "the value is not valid UTF-8", TestName = "Overlong_nul")]
    [TestCase(A + " \u00ED\u00A0\u0080\n", "the value is not valid UTF-8", TestName = "Surrogate")]
    [TestCase(A + " \u00F4\u0090\u0080\u0080\n", "the value is not valid UTF-8", TestName = "Beyond_the_last_code_point")]
    [TestCase(A + " \u00E2\u0098\n\u0083" + B + " b\n", "the value is not valid UTF-8", TestName = "Sequence_cut_by_a_line_feed")]
    [TestCase(A + " \u00E2\u0098", "the value is not valid UTF-8", TestName = "Sequence_cut_by_the_end_of_the_file")]
    public void Bad_line(string latin1, string reason)
    {
        // Good lines around it: they show the line number, and that the others are read all the same.
        byte[] alone = Encoding.Latin1.GetBytes(latin1);
        byte[] bytes = latin1.EndsWith('\n') && latin1[0] != '\u00EF'
            ? [.. Encoding.Latin1.GetBytes($"{B} before\n\n"), .. alone, .. Encoding.Latin1.GetBytes($"{B} after\n")]
            : alone;
        var oracle = new DataFileOracle(new DataFileOptions(), ("text", bytes));
        Assert.That(oracle.BadLines[0].Reason, Is.EqualTo(reason));
        EveryWayToLoad.AgreesWithTheOracle(bytes);
        EveryWayToLoad.AgreesWithTheOracle(bytes, new DataFileOptions { OnBadLine = BadLinePolicy.Skip });
    }

    [TestCase("0a0a0a0a-1111-4222-8333-444444444444", true, TestName = "Version_4_and_variant_8")]
    [TestCase("0a0a0a0a-1111-4222-B333-444444444444", true, TestName = "Version_4_and_variant_B")]
    [TestCase("0a0a0a0a-1111-1222-8333-444444444444", false, TestName = "Version_1")]
    [TestCase("0a0a0a0a-1111-7222-8333-444444444444", false, TestName = "Version_7")]
    [TestCase("0a0a0a0a-1111-4222-c333-444444444444", false, TestName = "Version_4_of_another_variant")]
    [TestCase("00000000-0000-0000-0000-000000000000", false, TestName = "Nil")]
    public void Uuid_version_4_refuses_other_keys(string key, bool accepted)
    {
        byte[] bytes = Encoding.ASCII.GetBytes($"{key} value\n");
        var options = new DataFileOptions { UuidVersion = 4, OnBadLine = BadLinePolicy.Skip };
        Assert.That(new DataFileOracle(options, ("text", bytes)).Pairs, Has.Count.EqualTo(accepted ? 1 : 0));
        EveryWayToLoad.AgreesWithTheOracle(bytes, options);
        EveryWayToLoad.AgreesWithTheOracle(bytes);
    }

    [Test]
    public void Value_at_the_limit_is_read_and_one_byte_more_is_bad([Values(0, 1, 30, 31, 32, 127, 128, 300)] int limit)
    {
        var options = new DataFileOptions { MaxValueLength = limit, OnBadLine = BadLinePolicy.Skip };
        string text = "";
        foreach (string end in (string[])["\n", "\r\n"])
        {
            for (int length = Math.Max(0, limit - 1); length <= limit + 3; length++)
            {
                text += $"{Guid.NewGuid()} {new string('v', length)}{end}";
            }
        }

        EveryWayToLoad.AgreesWithTheOracle(Encoding.ASCII.GetBytes(text), options);
        EveryWayToLoad.AgreesWithTheOracle(Encoding.ASCII.GetBytes(text.TrimEnd()), options);
    }

    [Test]
    public void Only_the_first_bad_lines_are_kept_and_all_are_counted()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"bad {i}\n{A} good\n\n")));
        LoadReport report = Assert.Throws<DataFileException>(() => Load(bytes))!.Report;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.BadLines, Is.EqualTo(100));
            Assert.That(report.FirstBadLines, Has.Count.EqualTo(LoadReport.MaxBadLines));
            Assert.That(report.FirstBadLines[^1].Line, Is.EqualTo(58));
        }
    }

    [Test]
    public void Message_names_the_first_bad_line_and_the_total()
    {
        string one = Assert.Throws<DataFileException>(() => Load(Encoding.ASCII.GetBytes($"{A} a\n{B}\n")))!.Message;
        string two = Assert.Throws<DataFileException>(() => Load(Encoding.ASCII.GetBytes($"\n{B}\nx\n")))!.Message;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(one, Is.EqualTo("text:2: no space after the key (1 bad line in all)"));
            Assert.That(two, Is.EqualTo("text:2: no space after the key (2 bad lines in all)"));
        }
    }

    private static void Load(byte[] text) =>
        DatasetLoader.Load([DataSource.FromStream(new MemoryStream(text), "text")], new DataFileOptions()).Dataset.Dispose();
}
