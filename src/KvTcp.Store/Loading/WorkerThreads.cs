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
    /// <exception cref="IOException">The system grants no more threads; those that had started have ended.</exception>
    public static void Run(int count, Action<int, CancellationToken> body, CancellationToken cancellationToken) =>
        Run(count, body, Start, cancellationToken);

    /// <summary>The same, with a way to start threads that tests can let fail.</summary>
    internal static void Run(
        int count, Action<int, CancellationToken> body, Action<Thread> start, CancellationToken cancellationToken)
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

        var threads = new List<Thread>(count - 1);
        try
        {
            while (threads.Count < count - 1)
            {
                int worker = threads.Count + 1;
                var thread = new Thread(() => Work(worker)) { IsBackground = true, Name = $"kvtcp load {worker}" };
                start(thread);
                threads.Add(thread);
            }

            Work(0);
        }
        catch
        {
            stop.Cancel();
            throw;
        }
        finally
        {
            // Also when the system grants no more threads: the caller frees the memory that the others work on.
            foreach (Thread thread in threads)
            {
                thread.Join();
            }
        }

        failure?.Throw();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static void Start(Thread thread)
    {
        try
        {
            thread.Start();
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            // .NET says that there is no memory, which is looked for in vain.
            throw new IOException(
                "no more threads: the system grants too few to load with (pids.max of a control group, TasksMax= of systemd, ulimit -u)", exception);
        }
    }
}
