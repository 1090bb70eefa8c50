using System.Runtime.InteropServices;

namespace KvTcp.Transport.Uring;

/// <summary>struct io_uring_sqe: something that the kernel is to do.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct Submission
{
    public const byte Nothing = 0;
    public const byte Poll = 6;
    public const byte Accept = 13;
    public const byte Cancel = 14;
    public const byte Close = 19;
    public const byte Send = 26;
    public const byte Receive = 27;

    /// <summary>For <see cref="Flags"/>: the kernel takes a buffer of <see cref="BufferGroup"/> when it has something to put into it.</summary>
    public const byte SelectBuffer = 1 << 5;

    /// <summary>For <see cref="Flags"/>: no completion if it succeeds.</summary>
    public const byte SkipSuccess = 1 << 6;

    /// <summary>For <see cref="Priority"/> of a receive: it goes on, with a completion for each buffer.</summary>
    public const ushort ReceiveMultishot = 1 << 1;

    /// <summary>For <see cref="Length"/> of a poll: it goes on, with a completion for each change.</summary>
    public const uint PollMultishot = 1 << 0;

    [FieldOffset(0)]
    public byte Operation;

    [FieldOffset(1)]
    public byte Flags;

    [FieldOffset(2)]
    public ushort Priority;

    [FieldOffset(4)]
    public int File;

    [FieldOffset(16)]
    public ulong Address;

    [FieldOffset(24)]
    public uint Length;

    /// <summary>The flags of the operation itself, such as MSG_NOSIGNAL, and the events of a poll.</summary>
    [FieldOffset(28)]
    public uint OperationFlags;

    /// <summary>Comes back with each completion.</summary>
    [FieldOffset(32)]
    public ulong Data;

    [FieldOffset(40)]
    public ushort BufferGroup;

    /// <summary>How many bytes a receive that goes on may bring before it ends; 0 is no limit. Linux 6.17.</summary>
    [FieldOffset(44)]
    public uint TotalLimit;
}
