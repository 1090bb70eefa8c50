using System.Runtime.ExceptionServices;

namespace KvTcp.Store;

/// <summary>Runs one piece of work on several threads of its own; the thread pool would only hand them out one by one.</summary>
internal static class WorkerThreads
{
    /// <summary>Runs <paramref name="body"/> once for each worker, and returns when all are done.</summary>
    /// <param name="count">How many workers; the calling thread is the first.</param>
    /// <param name="body">The work; its token is also cancelled when another worker fails.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled, and no worker failed otherwise.</exception>
    public static void Run(int count, Action<int, CancellationToken> body, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ExceptionDispatchInfo? failure = null;

        void Work(int worker)
        {
            try
            {
                body(worker, stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The caller's cancellation is thrown below; another worker's failure counts more.
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
                stop.Cancel();
            }
        }

        var threads = new Thread[count - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int worker = i + 1;
            threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"kvtcp load {worker}" };
            threads[i].Start();
        }

        Work(0);
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        failure?.Throw();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
