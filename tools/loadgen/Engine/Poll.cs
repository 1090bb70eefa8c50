using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>An epoll instance, whose events name connections by number. For one thread.</summary>
internal sealed unsafe class Poll : IDisposable
{
    private const int Capacity = 512;

    /// <summary><c>struct epoll_event</c> is packed on x86-64 and nowhere else.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly byte* _events;
    private readonly int _descriptor;

    /// <summary>Makes an instance that watches nothing.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The system grants none.</exception>
    public Poll()
    {
        _descriptor = LinuxCalls.CreatePoll(LinuxCalls.CloseOnExec);
        if (_descriptor < 0)
        {
            throw SocketErrors.Exception(Marshal.GetLastPInvokeError());
        }

        _events = (byte*)NativeMemory.AllocZeroed(Capacity, 16);
    }

    /// <summary>Waits for events.</summary>
    /// <param name="nanoseconds">How long at most; 0 or less only looks.</param>
    /// <returns>How many there are.</returns>
    public int Wait(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(Math.Max(0, nanoseconds), 1_000_000_000);
        LinuxCalls.TimeSpec timeout = new() { Seconds = seconds, Nanoseconds = rest };
        int count = LinuxCalls.Wait(_descriptor, _events, Capacity, &timeout, null);
        if (count < 0 && Marshal.GetLastPInvokeError() is int error and not LinuxCalls.Interrupted)
        {
            throw SocketErrors.Exception(error);
        }

        return Math.Max(0, count);
    }

    /// <summary>An event of the last wait.</summary>
    /// <param name="index">From 0 to the number that <see cref="Wait"/> returned, exclusive.</param>
    /// <returns>The number of the connection, and what it is ready for; an error counts as ready for both.</returns>
    public (int Number, bool Readable, bool Writable) Event(int index)
    {
        byte* item = _events + (index * (DataOffset + 8));
        uint ready = *(uint*)item;
        bool failed = (ready & ~(LinuxCalls.Readable | LinuxCalls.Writable)) != 0;
        return (*(int*)(item + DataOffset), failed || (ready & LinuxCalls.Readable) != 0, failed || (ready & LinuxCalls.Writable) != 0);
    }

    /// <summary>Starts or changes what a socket is watched for.</summary>
    /// <param name="operation"><see cref="LinuxCalls.Add"/> or <see cref="LinuxCalls.Modify"/>.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="number">The number of its connection.</param>
    /// <param name="events"><see cref="LinuxCalls.Readable"/>, <see cref="LinuxCalls.Writable"/>.</param>
    public void Watch(int operation, int socket, int number, uint events)
    {
        byte* item = stackalloc byte[16];
        *(uint*)item = events;
        *(long*)(item + DataOffset) = number;
        if (LinuxCalls.ControlPoll(_descriptor, operation, socket, item) != 0)
        {
            throw SocketErrors.Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = LinuxCalls.Close(_descriptor);
        NativeMemory.Free(_events);
    }
}
