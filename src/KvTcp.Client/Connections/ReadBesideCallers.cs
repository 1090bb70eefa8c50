using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace KvTcp.Client;

/// <summary>
/// Awaits a read, and meanwhile runs the callers that the last one has answered. They run after the reader's continuation has been
/// given away: when the bytes come another thread reads on, whatever the callers do.
/// </summary>
/// <param name="read">The read.</param>
/// <param name="runner">Runs callers.</param>
/// <param name="callers">The callers, if there are any.</param>
internal readonly struct ReadBesideCallers(ValueTask<ReadResult> read, CallerRunner runner, CallerBatch? callers) : ICriticalNotifyCompletion
{
    private readonly ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _read = read.ConfigureAwait(false).GetAwaiter();

    /// <summary>Whether the bytes are there, so that this thread reads on and others run the callers.</summary>
    public bool IsCompleted
    {
        get
        {
            if (!_read.IsCompleted)
            {
                return false;
            }

            if (callers is not null)
            {
                runner.Cancel(callers);
            }

            return true;
        }
    }

    /// <summary>Itself.</summary>
    public ReadBesideCallers GetAwaiter() => this;

    /// <summary>What was read.</summary>
#pragma warning disable VSTHRD002 // The compiler calls it when the read is complete.
    public ReadResult GetResult() => _read.GetResult();
#pragma warning restore VSTHRD002

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation)
    {
        // From the next line on another thread may be in the reader, and in what holds this awaiter.
        CallerRunner theRunner = runner;
        CallerBatch? theCallers = callers;
        _read.UnsafeOnCompleted(continuation);
        if (theCallers is not null)
        {
            theRunner.Run(theCallers);
        }
    }
}
