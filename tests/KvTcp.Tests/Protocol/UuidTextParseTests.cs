using System.Text;
using KvTcp.Fuzz;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

// docs/protocol.md#keys

[TestFixture]
public class UuidTextParseTests
{
    private const string Sample = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    [TestCase("00000000-0000-0000-0000-000000000000")]
    [TestCase("ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [TestCase("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF")]
    [TestCase("01234567-89ab-cdef-0123-456789abcdef")]
    [TestCase("01234567-89AB-CDEF-fedc-BA9876543210")]
    [TestCase(Sample)]
    public void TryParse_canonical_text_gives_its_uuid(string text)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, UuidTextPaths.Parser tryParse) in UuidTextPaths.Parsers())
            {
                Assert.That(tryParse(Encoding.ASCII.GetBytes(text), out Guid value), Is.True, name);
                Assert.That(value, Is.EqualTo(Guid.ParseExact(text, "D")), name);
            }
        }
    }

    [TestCase("", "nothing")]
    [TestCase("6ba7b8109dad11d180b400c04fd430c8", "32 digits, no hyphens")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430c", "35 characters")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430c80", "37 characters, one digit more")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430c8 ", "a space after")]
    [TestCase(" 6ba7b810-9dad-11d1-80b4-00c04fd430c8", "a space before")]
    [TestCase(" 6ba7b810-9dad-11d1-80b4-00c04fd430c", "a space in place of the last digit")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430c8\r", "a CR after")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430c8\0", "a NUL after")]
    [TestCase("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "braces")]
    [TestCase("{6ba7b810-9dad-11d1-80b4-00c04fd430}", "braces, 36 characters in all")]
    [TestCase("(6ba7b810-9dad-11d1-80b4-00c04fd430c8)", "parentheses")]
    [TestCase("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8", "the URN form")]
    [TestCase("urn:uuid:6ba7b810-9dad-11d1-80b4-00c", "the URN prefix, 36 characters in all")]
    [TestCase("+ba7b810-9dad-11d1-80b4-00c04fd430c8", "a plus sign that Guid takes")]
    [TestCase("6ba7b810-+dad-11d1-80b4-00c04fd430c8", "a plus sign in the second group")]
    [TestCase("-ba7b810-9dad-11d1-80b4-00c04fd430c8", "a minus sign")]
    [TestCase("0x6ba7b8-9dad-11d1-80b4-00c04fd430c8", "0x that Guid takes")]
    [TestCase("6ba7b810-0x9d-11d1-80b4-00c04fd430c8", "0x in the second group")]
    [TestCase("6ba7b810-9dad-11d1-80b4-0x0c04fd430c", "0x in the last group")]
    [TestCase("6ba7b8109-dad-11d1-80b4-00c04fd430c8", "the first hyphen one late")]
    [TestCase("6ba7b81-09dad-11d1-80b4-00c04fd430c8", "the first hyphen one early")]
    [TestCase("6ba7b810-9dad-11d180b4-00c04fd-430c8", "another hyphenation")]
    [TestCase("------------------------------------", "hyphens only")]
    [TestCase("6ba7b810_9dad_11d1_80b4_00c04fd430c8", "underscores")]
    [TestCase("6ba7b810 9dad 11d1 80b4 00c04fd430c8", "spaces for hyphens")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430g8", "a letter after f")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430O8", "the letter O for a zero")]
    [TestCase("\uFF16ba7b810-9dad-11d1-80b4-00c04fd430", "a full-width digit, 36 bytes in UTF-8")]
    public void TryParse_anything_else_is_refused(string text, string reason)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);

        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, UuidTextPaths.Parser tryParse) in UuidTextPaths.Parsers())
            {
                if (bytes.Length == UuidText.Length || string.Equals(name, nameof(UuidText.TryParse), StringComparison.Ordinal))
                {
                    Assert.That(tryParse(bytes, out Guid value), Is.False, $"{name}: {reason}");
                    Assert.That(value, Is.EqualTo(Guid.Empty), $"{name}: {reason}");
                }
            }
        }
    }

    [Test]
    public void TryParse_accepts_no_length_but_36()
    {
        byte[] text = Encoding.ASCII.GetBytes(Sample + "0123456789");

        int[] accepted = [.. Enumerable.Range(0, 41).Where(length => UuidText.TryParse(text.AsSpan(0, length), out _))];

        Assert.That(accepted, Is.EqualTo([36]));
    }

    [TestCase("00000000-0000-0000-0000-000000000000")]
    [TestCase("abcdefab-cdef-abcd-efab-cdefabcdefab")]
    [TestCase("FEDCBA98-7654-3210-FEDC-BA9876543210")]
    [TestCase(Sample)]
    public void TryParse_every_byte_at_every_position_agrees_with_the_oracle(string text)
    {
        List<string> disagreements = [];
        foreach ((string name, UuidTextPaths.Parser tryParse) in UuidTextPaths.Parsers())
        {
            byte[] bytes = Encoding.ASCII.GetBytes(text);
            for (int position = 0; position < bytes.Length; position++)
            {
                byte original = bytes[position];
                for (int replacement = 0; replacement <= byte.MaxValue; replacement++)
                {
                    bytes[position] = (byte)replacement;
                    Guid? expected = UuidOracle.Parse(bytes);
                    bool accepted = tryParse(bytes, out Guid value);
                    if (accepted != expected.HasValue || value != expected.GetValueOrDefault())
                    {
                        disagreements.Add($"{name}: 0x{replacement:X2} at {position} gives {accepted} {value}, not {expected}");
                    }
                }

                bytes[position] = original;
            }
        }

        Assert.That(disagreements, Is.Empty);
    }

    [TestCase((byte)'0', "digits")]
    [TestCase((byte)'-', "hyphens")]
    [TestCase((byte)0x00, "zeros")]
    [TestCase((byte)0xFF, "bytes that are never valid")]
    public void TryParse_bytes_around_the_text_do_not_matter(byte poison, string reason)
    {
        ReadOnlyMemory<byte> good = SegmentedSequence.Poisoned(Encoding.ASCII.GetBytes(Sample), poison);
        ReadOnlyMemory<byte> bad = SegmentedSequence.Poisoned("6ba7b810-9dad-11d1-80b4-00c04fd430cx"u8, poison);
        ReadOnlyMemory<byte> shortened = SegmentedSequence.Poisoned("6ba7b810-9dad-11d1-80b4-00c04fd430c"u8, poison);

        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, UuidTextPaths.Parser tryParse) in UuidTextPaths.Parsers())
            {
                Assert.That(tryParse(good.Span, out Guid value), Is.True, $"{name}: {reason}");
                Assert.That(value, Is.EqualTo(Guid.Parse(Sample)), $"{name}: {reason}");
                Assert.That(tryParse(bad.Span, out _), Is.False, $"{name}: {reason}");
            }

            Assert.That(UuidText.TryParse(shortened.Span, out _), Is.False, reason);
        }
    }

    [Test]
    public void TryParse_reads_nothing_outside_of_the_36_bytes()
    {
        using GuardedBuffer memory = new();
        Encoding.ASCII.GetBytes(Sample, memory.AtStart(UuidText.Length));
        Encoding.ASCII.GetBytes(Sample, memory.AtEnd(UuidText.Length));

        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, UuidTextPaths.Parser tryParse) in UuidTextPaths.Parsers())
            {
                Assert.That(tryParse(memory.AtStart(UuidText.Length), out _), Is.True, name);
                Assert.That(tryParse(memory.AtEnd(UuidText.Length), out _), Is.True, name);
            }
        }
    }
}
