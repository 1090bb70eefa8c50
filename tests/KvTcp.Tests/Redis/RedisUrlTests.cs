using KvTcp.Redis;
using NUnit.Framework;

namespace KvTcp.Tests.Redis;

[TestFixture]
public class RedisUrlTests
{
    [TestCase("redis://a:1", "redis://a:1", "an address")]
    [TestCase("redis://a", "redis://a:6379", "the port that Redis has by default")]
    [TestCase("REDISS://a:1", "rediss://a:1", "TLS, in any case")]
    [TestCase("redis://a:1/3", "redis://a:1/3", "a database")]
    [TestCase("redis://a:1/0", "redis://a:1", "the database that there is anyway")]
    [TestCase("redis://a:1,b:2,c", "redis://a:1,b:2,c:6379", "several addresses")]
    [TestCase("redis://a:1/2,b:2", "redis://a:1/2,b:2", "a database and several addresses")]
    [TestCase("redis://[::1]:7,[::2]", "redis://[::1]:7,[::2]:6379", "IPv6 addresses")]
    [TestCase("redis://user:secret@a:1", "redis://a:1", "a password, which is not shown")]
    public void TryParse_reads_a_URL_and_ToString_shows_it_without_password(string text, string shown, string reason)
    {
        Assert.That(RedisUrl.TryParse(text, out RedisUrl? url, out _), Is.True, reason);
        Assert.That(url!.ToString(), Is.EqualTo(shown), reason);
    }

    [TestCase("redis://user:secret@a:1", "user", "secret", "both")]
    [TestCase("redis://:secret@a:1", null, "secret", "the user that Redis calls default")]
    [TestCase("redis://a:1", null, null, "neither")]
    [TestCase("redis://u%40x:p%3A%2F%2C@a:1", "u@x", "p:/,", "what is special is percent-encoded")]
    [TestCase("redis://u:p@ss@a:1", "u", "p@ss", "the last @ counts")]
    public void TryParse_reads_user_and_password(string text, string? user, string? password, string reason)
    {
        Assert.That(RedisUrl.TryParse(text, out RedisUrl? url, out _), Is.True, reason);
        Assert.That((url!.User, url.Password), Is.EqualTo((user, password)), reason);
    }

    [TestCase("http://a:1", "another scheme")]
    [TestCase("redis:a:1", "no slashes")]
    [TestCase("redis://", "no address")]
    [TestCase("redis://a:0", "port 0")]
    [TestCase("redis://a:65536", "no such port")]
    [TestCase("redis://a:x", "no number")]
    [TestCase("redis://a:1,", "an empty address")]
    [TestCase("redis://a:1/x", "no number of a database")]
    [TestCase("redis://a:1/-1", "a negative one")]
    [TestCase("redis://a:1,b:2/1", "a database behind another address than the first")]
    [TestCase("redis://user@a:1", "a user without password")]
    [TestCase("redis://user:@a:1", "an empty password")]
    [TestCase("redis://@a:1", "nobody")]
    [TestCase("redis://a:1?x=1", "a query")]
    public void TryParse_refuses_what_is_no_URL_and_says_why(string text, string reason)
    {
        Assert.That(RedisUrl.TryParse(text, out _, out string? error), Is.False, reason);
        Assert.That(error, Is.Not.Empty);
    }

    [TestCase("redis://user:secret@a:x", "'a:x'")]
    [TestCase("redis://user:secret", "'user:...'")]
    [TestCase("redis://:secret,b:2", "':...'")]
    public void TryParse_does_not_show_the_password_in_its_error(string text, string shown)
    {
        Assert.That(RedisUrl.TryParse(text, out _, out string? error), Is.False);
        Assert.That(error, Does.Not.Contain("secret").And.StartsWith($"{shown} is no host:port"));
    }
}
