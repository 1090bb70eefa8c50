using System.Diagnostics;
using System.Reflection;

namespace KvTcp.Cli;

/// <summary>
/// Ends the process when the heap is full, as soon as the collector has no memory for somebody, or does nothing but look for some. Whoever catches
/// the former may go on with half of what it does: Kestrel accepts no more connections then, and those who connect wait for ever. Whatever watches
/// over the process starts it again.
/// </summary>
internal static class HeapExhaustion
{
    private const string Message = "kvtcp: the heap is full";

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>The thread that looks at what was thrown; 0 for none. A variable of each thread would need memory when it is first used.</summary>
    private static int s_lookingThread;

    /// <summary>From now on, and for the whole process.</summary>
    public static void EndsTheProcess()
    {
        AppDomain.CurrentDomain.FirstChanceException += static (_, thrown) => OnThrown(thrown.Exception);

        // A thread that allocates nothing, and so waits for no collection of its own.
        new Thread(WatchCollections) { IsBackground = true, Name = "heap watch" }.Start();
    }

    private static void WatchCollections()
    {
        CollectionEffort effort = new();
        while (true)
        {
            long began = Stopwatch.GetTimestamp();
            TimeSpan paused = GC.GetTotalPauseDuration();
            int collections = GC.CollectionCount(GC.MaxGeneration);

            // There is no event to wait for: what is looked for is that nothing happens.
            Thread.Sleep(LookInterval);
            if (effort.Add(Stopwatch.GetElapsedTime(began), GC.GetTotalPauseDuration() - paused, GC.CollectionCount(GC.MaxGeneration) - collections))
            {
                Environment.FailFast(Message);
            }
        }
    }

    private static void OnThrown(Exception exception)
    {
        if (exception is not OutOfMemoryException || IsOfSystem(exception))
        {
            return;
        }

        // To look needs memory too.
        if (s_lookingThread == Environment.CurrentManagedThreadId || !IsOfRuntime(exception))
        {
            Environment.FailFast(Message, exception);
        }
    }

    /// <summary>Whether the system has refused memory for data, which callers deal with.</summary>
    private static bool IsOfSystem(Exception exception) => exception is InsufficientMemoryException;

    /// <summary>Whether the runtime throws it for a thread that the system does not start, or for native memory; callers deal with both.</summary>
    private static bool IsOfRuntime(Exception exception)
    {
        s_lookingThread = Environment.CurrentManagedThreadId;
        try
        {
            return exception.TargetSite is MethodBase site && (site.DeclaringType == typeof(Thread) || site.Name is "ThrowOutOfMemoryException");
        }
        finally
        {
            s_lookingThread = 0;
        }
    }
}
