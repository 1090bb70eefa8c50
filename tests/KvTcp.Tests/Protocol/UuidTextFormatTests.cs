using System.Text;
using KvTcp.Fuzz;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

[TestFixture]
public class UuidTextFormatTests
{
    [TestCase("00000000-0000-0000-0000-000000000000")]
    [TestCase("ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [TestCase("01234567-89ab-cdef-0123-456789abcdef")]
    [TestCase("fedcba98-7654-3210-fedc-ba9876543210")]
    public void Format_gives_canonical_text_in_lower_case(string text)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, UuidTextPaths.Formatter format) in UuidTextPaths.Formatters())
            {
                byte[] destination = new byte[UuidText.Length];
                format(Guid.Parse(text), destination);
                Assert.That(Encoding.ASCII.GetString(destination), Is.EqualTo(text), name);
            }
        }
    }

    [Test]
    public void Format_every_value_of_every_byte_agrees_with_Guid()
    {
        List<string> disagreements = [];
        foreach ((string name, UuidTextPaths.Formatter format) in UuidTextPaths.Formatters())
        {
            byte[] destination = new byte[UuidText.Length];
            for (int i = 0; i < 16 * 256; i++)
            {
                byte[] bytes = new byte[16];
                bytes[i >> 8] = (byte)i;
                Guid value = new(bytes);
                format(value, destination);
                if (!destination.AsSpan().SequenceEqual(UuidOracle.Format(value)))
                {
                    disagreements.Add($"{name}: {value} is {Encoding.ASCII.GetString(destination)}");
                }
            }
        }

        Assert.That(disagreements, Is.Empty);
    }

    [Test]
    public void Format_writes_nothing_beside_the_36_bytes()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, UuidTextPaths.Formatter format) in UuidTextPaths.Formatters())
            {
                byte[] padded = new byte[UuidText.Length + 64];
                padded.AsSpan().Fill(0xEE);
                format(Guid.Empty, padded.AsSpan(32));
                Assert.That(padded[..32], Is.All.EqualTo(0xEE), name);
                Assert.That(padded[(32 + UuidText.Length)..], Is.All.EqualTo(0xEE), name);
            }
        }
    }

    [Test]
    public void Format_touches_nothing_outside_of_the_36_bytes()
    {
        using GuardedBuffer memory = new();
        byte[] expected = UuidOracle.Format(Guid.AllBitsSet);

        using (Assert.EnterMultipleScope())
        {
            foreach ((string name, UuidTextPaths.Formatter format) in UuidTextPaths.Formatters())
            {
                format(Guid.AllBitsSet, memory.AtStart(UuidText.Length));
                format(Guid.AllBitsSet, memory.AtEnd(UuidText.Length));
                Assert.That(memory.AtStart(UuidText.Length).SequenceEqual(expected), Is.True, name);
                Assert.That(memory.AtEnd(UuidText.Length).SequenceEqual(expected), Is.True, name);
            }
        }
    }

    [TestCase(0)]
    [TestCase(35)]
    public void Format_into_too_short_a_destination_throws_and_writes_nothing(int length)
    {
        byte[] padded = new byte[UuidText.Length + 64];

        Assert.That(() => UuidText.Format(Guid.AllBitsSet, padded.AsSpan(0, length)), Throws.ArgumentException);
        Assert.That(padded, Is.All.Zero);
    }

    [Test]
    public void IsVersion4_holds_for_version_4_and_variants_8_to_b_only()
    {
        const string Digits = "0123456789abcdef";
        List<string> accepted = [];
        foreach (char version in Digits)
        {
            foreach (char variant in Digits)
            {
                Guid around = Guid.Parse($"ffffffff-ffff-{version}fff-{variant}fff-ffffffffffff");
                Guid inside = Guid.Parse($"00000000-0000-{version}000-{variant}000-000000000000");
                Assert.That(UuidText.IsVersion4(around), Is.EqualTo(UuidText.IsVersion4(inside)), $"{around}");
                if (UuidText.IsVersion4(around))
                {
                    accepted.Add($"{version}{variant}");
                }
            }
        }

        Assert.That(accepted, Is.EqualTo(["48", "49", "4a", "4b"]));
    }
}
