using System.Globalization;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

[TestFixture]
public class RequestArgumentTests
{
    private const string Version1 = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    private const string Version4 = "d94bd8f9-8b0f-4cbc-b1c4-5a2b0cbb0b1d";

    [TestCase("", "", "no argument")]
    [TestCase("a", "a", "one")]
    [TestCase("a b", "a|b", "two")]
    [TestCase("a     b  c", "a|b|c", "many spaces between")]
    [TestCase("a\tb \r", "a\tb|\r", "only spaces separate")]
    public void TryReadArgument_takes_one_after_the_other(string arguments, string expected, string reason)
    {
        foreach (byte poison in " x\n"u8)
        {
            ReadOnlySpan<byte> rest = SegmentedSequence.Poisoned(ByteText.Bytes(arguments), poison).Span;
            List<string> taken = [];
            while (RequestParser.TryReadArgument(ref rest, out ReadOnlySpan<byte> argument))
            {
                taken.Add(ByteText.Text(argument));
            }

            Assert.That(string.Join('|', taken), Is.EqualTo(expected), reason);
            Assert.That(RequestParser.TryReadArgument(ref rest, out _), Is.False, "the end stays the end");
        }
    }

    [TestCase(Version1, false, true, "any version is a key")]
    [TestCase(Version1, true, false, "version 1 where 4 is required")]
    [TestCase(Version4, false, true, "version 4 is a key")]
    [TestCase(Version4, true, true, "version 4 where it is required")]
    [TestCase("d94bd8f9-8b0f-4cbc-71c4-5a2b0cbb0b1d", true, false, "version 4 of another variant")]
    [TestCase("D94BD8F9-8B0F-4CBC-B1C4-5A2B0CBB0B1D", true, true, "upper case")]
    [TestCase("nonsense", false, false, "no UUID")]
    [TestCase("", false, false, "nothing")]
    [TestCase("{" + Version4 + "}", false, false, "braces")]
    [TestCase(Version4 + "\r", false, false, "a CR")]
    [TestCase(Version4 + "0", false, false, "37 digits")]
    public void TryParseKey_takes_canonical_text_of_the_required_version(string argument, bool version4, bool accepted, string reason)
    {
        Assert.That(RequestParser.TryParseKey(ByteText.Bytes(argument), version4, out Guid key), Is.EqualTo(accepted), reason);
        if (accepted)
        {
            Assert.That(key, Is.EqualTo(Guid.Parse(argument, CultureInfo.InvariantCulture)), reason);
        }
    }
}
