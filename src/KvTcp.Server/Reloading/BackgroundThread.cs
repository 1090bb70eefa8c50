using System.Runtime.InteropServices;

namespace KvTcp.Server;

/// <summary>Runs work that may take long on a thread that yields to those that answer requests.</summary>
internal static partial class BackgroundThread
{
    // A tenth of the weight of an ordinary thread: enough to get done on a busy machine, too little to delay requests.
    private const int Niceness = 10;
    private const int ThisThread = 0;

    /// <summary>Runs the work.</summary>
    /// <typeparam name="T">Its result.</typeparam>
    /// <param name="work">The work; threads that it starts inherit the low priority.</param>
    /// <exception cref="IOException">The system grants no more threads.</exception>
    public static Task<T> RunAsync<T>(Func<T> work) => RunAsync(work, TaskScheduler.Default);

    /// <summary>The same, with a scheduler that tests can let fail.</summary>
    internal static Task<T> RunAsync<T>(Func<T> work, TaskScheduler scheduler)
    {
        try
        {
            return Task.Factory.StartNew(
                () => RunPolitely(work), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, scheduler);
        }
        catch (TaskSchedulerException e) when (e.InnerException is OutOfMemoryException or ThreadStartException)
        {
            throw new IOException("no more threads: the system grants none to load with (pids.max of a control group, TasksMax= of systemd, ulimit -u)", e);
        }
    }

    private static T RunPolitely<T>(Func<T> work)
    {
        if (OperatingSystem.IsLinux())
        {
            // On Linux a priority is a thread's, and this thread ends with its work. Failure only makes it less polite.
            _ = SetPriority(which: 0, ThisThread, Niceness);
        }

        return work();
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetPriority(int which, uint who, int priority);
}
