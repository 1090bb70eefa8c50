using System.Runtime.InteropServices;

namespace KvTcp.Transport.Linux;

/// <summary>struct io_uring_params: what a ring is asked to be, and what it has become.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct UringParameters
{
    public const uint CompletionSize = 1 << 3;
    public const uint Clamp = 1 << 4;
    public const uint SubmitAll = 1 << 7;
    public const uint SingleIssuer = 1 << 12;
    public const uint DeferTaskRun = 1 << 13;

    public const uint HasSingleMap = 1 << 0;
    public const uint HasNoDrop = 1 << 1;
    public const uint HasExtendedArgument = 1 << 8;
    public const uint HasCompletionSkip = 1 << 11;

    [FieldOffset(0)]
    public uint SubmissionEntries;

    [FieldOffset(4)]
    public uint CompletionEntries;

    [FieldOffset(8)]
    public uint Flags;

    [FieldOffset(20)]
    public uint Features;

    [FieldOffset(40)]
    public SubmissionOffsets Submissions;

    [FieldOffset(80)]
    public CompletionOffsets Completions;

    /// <summary>struct io_sqring_offsets: where in the mapped ring its fields are.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public struct SubmissionOffsets
    {
        public uint Head;
        public uint Tail;
        public uint RingMask;
        public uint RingEntries;
        public uint Flags;
        public uint Dropped;
        public uint Array;
    }

    /// <summary>struct io_cqring_offsets.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    public struct CompletionOffsets
    {
        public uint Head;
        public uint Tail;
        public uint RingMask;
        public uint RingEntries;
        public uint Overflow;
        public uint Entries;
        public uint Flags;
    }
}
