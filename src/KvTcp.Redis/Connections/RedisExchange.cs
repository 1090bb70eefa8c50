using System.Diagnostics;

namespace KvTcp.Redis.Connections;

/// <summary>Requests that are sent in one piece, and what becomes of their replies.</summary>
internal abstract class RedisExchange
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private long _givenUp;

    /// <summary>The requests.</summary>
    public abstract ReadOnlyMemory<byte> Requests { get; }

    /// <summary>Completes when all replies have been taken; fails with a <see cref="RedisException"/>.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Whether nobody waits for the replies any more. Any thread may ask.</summary>
    public bool IsGivenUp => Volatile.Read(ref _givenUp) != 0;

    /// <summary>For how long nobody has waited for the replies; nothing while somebody does.</summary>
    public TimeSpan GivenUpFor => Volatile.Read(ref _givenUp) is not 0 and long since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Takes the replies at the front of the received bytes, in the order of the requests. One thread at a time.</summary>
    /// <param name="received">What has been received; on return what is left of it.</param>
    /// <param name="maxBulkLength">The longest bulk that is accepted.</param>
    /// <param name="needed">How many bytes the next reply takes, when there is one of which that is known; else 0.</param>
    /// <returns>Whether that was the last one.</returns>
    /// <exception cref="InvalidDataException">They are no replies to these requests.</exception>
    public abstract bool TakeReplies(ref ReadOnlySpan<byte> received, int maxBulkLength, out long needed);

    /// <summary>Waits for the replies no more: requests that are not sent yet need not be. Any thread may.</summary>
    public void GiveUp() => Volatile.Write(ref _givenUp, Stopwatch.GetTimestamp());

    /// <summary>Tells whoever waits that all replies are there.</summary>
    public void Complete() => _completion.TrySetResult();

    /// <summary>Tells whoever waits that the rest of the replies will not come.</summary>
    /// <param name="exception">Why.</param>
    public void Fail(RedisException exception) => _completion.TrySetException(exception);
}
