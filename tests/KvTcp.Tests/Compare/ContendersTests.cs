using System.Net.Sockets;
using KvTcp.Cli;
using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

[TestFixture]
public class ContendersTests
{
    private static readonly Peer[] Three = [.. Peer.All.Take(3)];

    private static readonly Exception[] Failures =
        [new CommandException(69, "gone"), new SocketException((int)SocketError.ConnectionReset), new IOException("read")];

    [TestCase(1, new[] { 0, 1, 2 })]
    [TestCase(2, new[] { 1, 2, 0 })]
    [TestCase(4, new[] { 0, 1, 2 })]
    public async Task Each_round_begins_with_another_server(int round, int[] order)
    {
        List<Peer> seen = [];
        await new Contenders(Three, static () => { }, static _ => { }).EachAsync(round, "", peer =>
        {
            seen.Add(peer);
            return Task.CompletedTask;
        });
        Assert.That(seen, Is.EqualTo(order.Select(static index => Three[index])));
    }

    [TestCaseSource(nameof(Failures))]
    public async Task A_server_that_fails_keeps_its_first_reason_and_the_others_go_on(Exception failure)
    {
        int steps = 0;
        List<Peer> ended = [];
        Contenders contenders = new(Three, () => steps++, ended.Add);
        List<Peer> seen = [];
        await contenders.EachAsync(1, "asking", peer =>
        {
            seen.Add(peer);
            Assert.That(ended, Is.EqualTo(peer == Three[2] ? [Three[1]] : (Peer[])[]), "a server that has failed is ended before the next one's turn");
            return peer == Three[1] ? Task.FromException(failure) : Task.CompletedTask;
        });
        await contenders.EachAsync(1, "asking again", peer =>
        {
            seen.Add(peer);
            return Task.CompletedTask;
        });
        Assert.That(seen, Is.EqualTo([.. Three, Three[0], Three[2]]));
        Assert.That(Three.Select(contenders.FailureOf), Is.EqualTo([null, $"asking: {failure.Message}", null]));
        Assert.That(steps, Is.EqualTo(3 + 2));
    }

    [Test]
    public void A_bug_and_a_cancellation_end_the_comparison()
    {
        Contenders contenders = new(Three, static () => { }, static _ => { });
        Assert.That(() => contenders.EachAsync(1, "", static _ => throw new InvalidOperationException()), Throws.InvalidOperationException);
        Assert.That(
            () => contenders.EachAsync(1, "", static _ => throw new OperationCanceledException()), Throws.InstanceOf<OperationCanceledException>());
    }
}
