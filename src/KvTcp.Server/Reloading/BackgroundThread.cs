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
    public static Task<T> RunAsync<T>(Func<T> work) => Task.Factory.StartNew(
        () =>
        {
            if (OperatingSystem.IsLinux())
            {
                // On Linux a priority is a thread's, and this thread ends with its work. Failure only makes it less polite.
                _ = SetPriority(which: 0, ThisThread, Niceness);
            }

            return work();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
        TaskScheduler.Default);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetPriority(int which, uint who, int priority);
}
