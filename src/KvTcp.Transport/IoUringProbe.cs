using System.ComponentModel;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Pipes;
using KvTcp.Transport.Uring;

namespace KvTcp.Transport;

/// <summary>Tells whether the system lets this process use io_uring, by trying. Thread-safe.</summary>
public static class IoUringProbe
{
    private const string Setting = "/proc/sys/kernel/io_uring_disabled";

    /// <summary>Tries everything that a loop needs of the kernel, on the calling thread; it takes less than a millisecond.</summary>
    /// <returns>Null when io_uring works; else why it does not, as the end of a sentence.</returns>
    public static string? FindRefusal()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "it needs Linux";
        }

        try
        {
            TryOut();
            return null;
        }
        catch (Win32Exception exception)
        {
            return ReasonFor(exception.NativeErrorCode);
        }
    }

    /// <summary>What an error says to an operator.</summary>
    /// <param name="errno">The error.</param>
    internal static string ReasonFor(int errno) => ReasonFor(errno, ReadSetting());

    /// <summary>What an error says to an operator.</summary>
    /// <param name="errno">The error.</param>
    /// <param name="setting">What kernel.io_uring_disabled is: "0" when it allows everybody, null when the kernel does not have it.</param>
    internal static string ReasonFor(int errno, string? setting) => errno switch
    {
        Errno.NoSuchCall => "the kernel does not have it, or a seccomp filter hides it",
        Errno.NotPermitted when setting is not (null or "0") => $"the system forbids it: kernel.io_uring_disabled is {setting}",
        Errno.NotPermitted => "it is forbidden, as by the seccomp filter of a container",
        Errno.Invalid or Errno.NotSupported => "it needs Linux 6.17",
        Errno.OutOfMemory => "the system grants no memory for it; see the limit of locked memory (ulimit -l) and that of the container",
        _ => $"the kernel refuses it: {Errno.Text(errno)}",
    };

    private static void TryOut()
    {
        using BufferRing buffers = new(new BlockPool(Thread.CurrentThread), count: 1);
        using Ring ring = new(UringEngine.Submissions, UringEngine.Completions);
        ring.Register(buffers);
        int noSocket = PollCalls.CreateWakeUp();
        if (noSocket < 0)
        {
            throw new Win32Exception(Errno.Last);
        }

        try
        {
            TryReceive(ring, noSocket);
        }
        finally
        {
            _ = SocketCalls.Close(noSocket);
        }
    }

    // A kernel that knows the limit of a receive finds that the file is no socket; another one finds the operation wrong before that.
    private static unsafe void TryReceive(Ring ring, int noSocket)
    {
        UringReceive.Fill(ring.Prepare(), noSocket);
        if (ring.Enter(leastCompletions: 1, Timeout.Infinite) != 1)
        {
            throw new Win32Exception(Errno.Last);
        }

        if (!ring.TryTake(out Completion completion) || completion.Result != -Errno.NotSocket)
        {
            throw new Win32Exception(completion.Result < 0 ? -completion.Result : Errno.Invalid);
        }
    }

    private static string? ReadSetting()
    {
        try
        {
            return File.ReadAllText(Setting).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
