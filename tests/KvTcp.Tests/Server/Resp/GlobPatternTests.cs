using KvTcp.Server.Resp;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Resp;

[TestFixture]
public class GlobPatternTests
{
    [TestCase("", "", true)]
    [TestCase("", "a", false)]
    [TestCase("abc", "abc", true)]
    [TestCase("ABC", "abc", true, Description = "in any case")]
    [TestCase("abc", "abcd", false)]
    [TestCase("abcd", "abc", false)]
    [TestCase("*", "", true)]
    [TestCase("*", "abc", true)]
    [TestCase("***", "abc", true)]
    [TestCase("a*c", "abbbc", true)]
    [TestCase("a*c", "abbbd", false)]
    [TestCase("a*b*c", "aXbYbZc", true, Description = "the first star may not take too much")]
    [TestCase("*a*b", "aaab", true)]
    [TestCase("*ab", "aab", true)]
    [TestCase("a?c", "abc", true)]
    [TestCase("a?c", "ac", false)]
    [TestCase("[abc]", "b", true)]
    [TestCase("[abc]", "d", false)]
    [TestCase("[^abc]", "d", true)]
    [TestCase("[^abc]", "a", false)]
    [TestCase("[a-f0-9]x", "7x", true)]
    [TestCase("[f-a]", "c", true, Description = "a range the wrong way round")]
    [TestCase("[a-]", "-", true, Description = "a hyphen at the end is one")]
    [TestCase("[]", "a", false)]
    [TestCase("[^]", "a", true)]
    [TestCase("[ab", "b", true, Description = "an unclosed bracket goes to the end")]
    [TestCase("[", "a", false)]
    [TestCase("[\\]]", "]", true)]
    [TestCase("\\*", "*", true)]
    [TestCase("\\*", "a", false)]
    [TestCase("a\\", "a\\", true, Description = "a backslash at the end is one")]
    [TestCase("*[0-3]-*", "0000000a-abc3-def", true)]
    public void IsMatch_is_about_the_text_as_a_whole(string glob, string text, bool expected) =>
        Assert.That(new GlobPattern(glob).IsMatch(text), Is.EqualTo(expected));

    [Test]
    public void IsMatch_of_many_stars_ends()
    {
        string glob = string.Concat(Enumerable.Repeat("*a", 100)) + "b";
        Assert.That(new GlobPattern(glob).IsMatch(new string('a', 5_000)), Is.False);
    }
}
