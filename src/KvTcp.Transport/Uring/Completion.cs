using System.Runtime.InteropServices;

namespace KvTcp.Transport.Uring;

/// <summary>struct io_uring_cqe: what has become of something.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Completion
{
    private const uint HasBufferFlag = 1 << 0;
    private const uint MoreFlag = 1 << 1;
    private const int BufferShift = 16;

    /// <summary>From the <see cref="Submission"/>.</summary>
    public ulong Data;

    /// <summary>What the system call would have returned; an error is negative.</summary>
    public int Result;

    public uint Flags;

    /// <summary>Whether further completions follow; if not, the submission is done.</summary>
    public readonly bool HasMore => (Flags & MoreFlag) != 0;

    /// <summary>Whether the kernel has taken a buffer.</summary>
    public readonly bool HasBuffer => (Flags & HasBufferFlag) != 0;

    /// <summary>Which one.</summary>
    public readonly int Buffer => (int)(Flags >> BufferShift);
}
