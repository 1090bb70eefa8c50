using System.Text;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

// docs/protocol.md#errors-and-who-closes

[TestFixture]
public class ErrorCodeTextTests
{
    private static readonly ErrorCode[] Codes = [.. Enum.GetValues<ErrorCode>().Where(code => code != ErrorCode.Unrecognized)];

    [TestCase(ErrorCode.Unknown, "UNKNOWN")]
    [TestCase(ErrorCode.Args, "ARGS")]
    [TestCase(ErrorCode.BadKey, "BAD_KEY")]
    [TestCase(ErrorCode.TooLong, "TOO_LONG")]
    [TestCase(ErrorCode.Refused, "REFUSED")]
    [TestCase(ErrorCode.NoAuth, "NOAUTH")]
    [TestCase(ErrorCode.WrongPass, "WRONGPASS")]
    [TestCase(ErrorCode.Loading, "LOADING")]
    [TestCase(ErrorCode.Busy, "BUSY")]
    [TestCase(ErrorCode.Http, "HTTP")]
    [TestCase(ErrorCode.Internal, "INTERNAL")]
    public void Get_is_the_word_on_the_wire_and_Parse_its_inverse(ErrorCode code, string word)
    {
        Assert.That(Encoding.ASCII.GetString(ErrorCodeText.Get(code)), Is.EqualTo(word));
        Assert.That(ErrorCodeText.Parse(ByteText.Bytes(word)), Is.EqualTo(code));
    }

    [Test]
    public void Every_code_has_a_word_that_Parse_knows() =>
        Assert.That(Codes.Select(code => ErrorCodeText.Parse(ErrorCodeText.Get(code))), Is.EqualTo(Codes));

    [TestCase("", "nothing")]
    [TestCase("bad_key", "lower case")]
    [TestCase("BAD_KEY ", "a space after")]
    [TestCase("BAD", "the start of a code")]
    [TestCase("BAD_KEYS", "a code and one letter more")]
    [TestCase("UNRECOGNIZED", "a name of the enumeration that is no word")]
    [TestCase("TEAPOT", "a code of a later version")]
    public void Parse_any_other_word_is_unrecognized(string word, string reason) =>
        Assert.That(ErrorCodeText.Parse(ByteText.Bytes(word)), Is.EqualTo(ErrorCode.Unrecognized), reason);

    [TestCase(ErrorCode.Unrecognized)]
    [TestCase((ErrorCode)255)]
    public void Get_of_no_code_throws(ErrorCode code) =>
        Assert.That(() => ErrorCodeText.Get(code).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
}
