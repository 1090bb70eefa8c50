using KvTcp.Cli;
using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

[TestFixture]
public class TimeLimitTests
{
    [Test]
    public void What_takes_too_long_is_given_up_with_what_was_not_done() => Assert.That(
        () => TimeLimit.RunAsync(TimeSpan.FromMilliseconds(20), ForeverAsync, static () => "it did not reply", CancellationToken.None),
        Throws.TypeOf<CommandException>().With.Message.EqualTo("within 0.02 s it did not reply"));

    [Test]
    public void A_cancellation_stays_one() => Assert.That(
        () => TimeLimit.RunAsync(TimeSpan.FromMinutes(1), ForeverAsync, static () => "", new CancellationToken(canceled: true)),
        Throws.InstanceOf<OperationCanceledException>());

    [Test]
    public async Task What_ends_in_time_has_its_result() => Assert.That(
        await TimeLimit.RunAsync(TimeSpan.FromMinutes(1), static _ => Task.FromResult(7), static () => "", CancellationToken.None), Is.EqualTo(7));

    private static async Task<int> ForeverAsync(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        return 0;
    }
}
