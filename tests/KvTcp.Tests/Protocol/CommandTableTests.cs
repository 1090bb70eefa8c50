using System.Text;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

[TestFixture]
public class CommandTableTests
{
    private static readonly Command[] Commands = [.. Enum.GetValues<Command>().Where(command => command != Command.None)];

    [Test]
    public void Count_is_the_number_of_commands() => Assert.That(CommandTable.Count, Is.EqualTo(Commands.Length));

    [TestCaseSource(nameof(Commands))]
    public void Word_is_the_command_in_upper_case_and_identifies_it_in_any_case(Command command)
    {
        string word = Encoding.ASCII.GetString(CommandTable.Word(command));

        Assert.That(word, Is.EqualTo(command.ToString().ToUpperInvariant()));
        for (int upper = 0; upper < 1 << word.Length; upper++)
        {
            string mixed = string.Concat(word.Select((letter, i) => (upper >> i & 1) != 0 ? letter : char.ToLowerInvariant(letter)));
            Assert.That(CommandTable.Identify(ByteText.Bytes(mixed)), Is.EqualTo(command), mixed);
        }
    }

    [TestCaseSource(nameof(Commands))]
    public void Identify_word_that_differs_in_any_byte_by_more_than_case_is_unknown(Command command)
    {
        byte[] word = CommandTable.Word(command).ToArray();
        List<string> accepted = [];
        for (int position = 0; position < word.Length; position++)
        {
            byte original = word[position];
            for (int replacement = 0; replacement <= byte.MaxValue; replacement++)
            {
                word[position] = (byte)replacement;
                if (CommandTable.Identify(word) != Command.None)
                {
                    accepted.Add($"0x{replacement:X2} for 0x{original:X2}");
                }
            }

            word[position] = original;
        }

        Assert.That(accepted, Is.EqualTo(word.SelectMany(letter =>
            (string[])[$"0x{letter:X2} for 0x{letter:X2}", $"0x{letter | 0x20:X2} for 0x{letter:X2}"])));
    }

    [TestCaseSource(nameof(Commands))]
    public void Identify_word_with_a_byte_more_or_less_is_unknown(Command command)
    {
        byte[] word = CommandTable.Word(command).ToArray();

        Assert.That(CommandTable.Identify(word.AsSpan(0, word.Length - 1)), Is.EqualTo(Command.None));
        Assert.That(CommandTable.Identify(default), Is.EqualTo(Command.None));
        foreach (byte more in "\0 \r\tS"u8.ToArray())
        {
            Assert.That(CommandTable.Identify([.. word, more]), Is.EqualTo(Command.None));
            Assert.That(CommandTable.Identify([more, .. word]), Is.EqualTo(Command.None));
        }
    }

    [TestCaseSource(nameof(Commands))]
    public void HelpLine_of_each_command_is_one_printable_line_that_starts_with_its_word(Command command)
    {
        string line = Encoding.ASCII.GetString(CommandTable.HelpLine((int)command - 1));

        Assert.That(line, Does.StartWith(Encoding.ASCII.GetString(CommandTable.Word(command)) + " "));
        Assert.That(line.Where(character => character is < ' ' or > '~'), Is.Empty);
        Assert.That(line.Contains('<', StringComparison.Ordinal), Is.EqualTo(!CommandTable.Takes(command, default)), "arguments are shown");
    }

    [TestCase(Command.Get, false, true, false)]
    [TestCase(Command.MGet, false, true, true)]
    [TestCase(Command.Exists, false, true, true)]
    [TestCase(Command.Auth, false, true, false)]
    [TestCase(Command.Count, true, false, false)]
    [TestCase(Command.Stats, true, false, false)]
    [TestCase(Command.Version, true, false, false)]
    [TestCase(Command.Ping, true, false, false)]
    [TestCase(Command.Help, true, false, false)]
    [TestCase(Command.Reload, true, false, false)]
    [TestCase(Command.Rollback, true, false, false)]
    [TestCase(Command.Quit, true, false, false)]
    public void Takes_so_many_arguments(Command command, bool none, bool one, bool two)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(CommandTable.Takes(command, default), Is.EqualTo(none));
            Assert.That(CommandTable.Takes(command, "a"u8), Is.EqualTo(one));
            Assert.That(CommandTable.Takes(command, "a b"u8), Is.EqualTo(two));
            Assert.That(CommandTable.Takes(command, "a    b"u8), Is.EqualTo(two));
        }
    }
}
