using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Callers that block the thread on which they go on, which is the one that has read their reply.</summary>
public sealed class BlockingCallerTests
{
    private const int Callers = 8;

    [Test]
    public async Task Caller_that_blocks_holds_up_neither_those_answered_with_it_nor_those_answered_later([Range(0, Callers - 1, 7)] int blocked)
    {
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        using ManualResetEventSlim released = new();
        Task<bool>[] calls = [.. Enumerable.Range(0, Callers).Select(i => CallAsync(i == blocked ? released : null))];
        await AnswerAsync(connection, Callers);
        await Task.WhenAll(calls.Where((_, i) => i != blocked)).WaitAsync(Patience.Limit);

        Task<bool> later = CallAsync(null);
        await AnswerAsync(connection, 1);
        Assert.That(await later.WaitAsync(Patience.Limit), Is.True);
        Assert.That(calls[blocked].IsCompleted, Is.False);
        released.Set();
        Assert.That(await Task.WhenAll(calls), Is.All.True);

        async Task<bool> CallAsync(ManualResetEventSlim? waitsFor)
        {
            byte[]? value = await client.GetAsync(TestDataset.Key(1)).ConfigureAwait(false);
            return (waitsFor?.Wait(Patience.Limit) ?? true) && value is not null;
        }
    }

    [Test]
    public async Task Caller_that_blocks_for_its_own_next_replies_gets_them()
    {
        const int Requests = 5;
        using ScriptedServer server = new();
        (KvClient client, LineClient connection) = await server.ConnectAsync();
        await using KvClient disposed = client;
        Task<bool>[] calls = [CallAsync(), CallAsync()];
        await AnswerAsync(connection, calls.Length);
        for (int i = 0; i < Requests * calls.Length; i++)
        {
            await AnswerAsync(connection, 1);
        }

        Assert.That(await Task.WhenAll(calls), Is.All.True);

        async Task<bool> CallAsync()
        {
            await client.GetAsync(TestDataset.Key(1)).ConfigureAwait(false);
#pragma warning disable VSTHRD002, MA0042 // That it blocks is the point.
            return Enumerable.Range(0, Requests).All(_ => client.GetAsync(TestDataset.Key(1)).AsTask().Wait(Patience.Limit));
#pragma warning restore VSTHRD002, MA0042
        }
    }

    /// <summary>Replies to some requests in one packet.</summary>
    private static async Task AnswerAsync(LineClient connection, int requests)
    {
        for (int i = 0; i < requests; i++)
        {
            await connection.ReadLineAsync();
        }

        await connection.SendAsync(string.Concat(Enumerable.Repeat("OK a\n", requests)));
    }
}
