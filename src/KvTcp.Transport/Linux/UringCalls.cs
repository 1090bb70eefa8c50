using System.Runtime.InteropServices;

namespace KvTcp.Transport.Linux;

/// <summary>
/// The system calls of io_uring(7), which libc has no functions for; their numbers are the same on all architectures. Those that
/// fail return -1.
/// </summary>
internal static unsafe partial class UringCalls
{
    public const uint EnterGetEvents = 1 << 0;
    public const uint EnterExtendedArgument = 1 << 3;
    public const uint EnterRegisteredRing = 1 << 4;

    public const uint RegisterRingFiles = 20;
    public const uint UnregisterRingFiles = 21;
    public const uint RegisterBufferRing = 22;

    private const nint SetupNumber = 425;
    private const nint EnterNumber = 426;
    private const nint RegisterNumber = 427;

    private const int ReadWrite = 0x1 | 0x2;
    private const int SharedPopulated = 0x01 | 0x8000;
    private const int PrivateAnonymous = 0x02 | 0x20;
    private static readonly void* s_mapFailed = (void*)-1;

    /// <summary>Makes a ring.</summary>
    /// <returns>Its descriptor.</returns>
    public static int Setup(uint entries, UringParameters* parameters) => (int)SystemCall(SetupNumber, (nint)entries, (nint)parameters, 0, 0, 0, 0);

    /// <summary>Submits, and waits for completions.</summary>
    /// <returns>How many were submitted.</returns>
    public static int Enter(int ring, uint submit, uint leastCompletions, uint flags, void* argument, nint argumentSize) =>
        (int)SystemCall(EnterNumber, ring, (nint)submit, (nint)leastCompletions, (nint)flags, (nint)argument, argumentSize);

    /// <summary>Gives a ring something to keep.</summary>
    public static int Register(int ring, uint operation, void* argument, uint count) =>
        (int)SystemCall(RegisterNumber, ring, (nint)operation, (nint)argument, (nint)count, 0, 0);

    /// <summary>Maps a part of a ring.</summary>
    /// <returns>Where; null when it fails.</returns>
    public static void* Map(int ring, nuint length, long offset) => NullIfFailed(MemoryMap(null, length, ReadWrite, SharedPopulated, ring, (nint)offset));

    /// <summary>Maps pages of zeroes.</summary>
    /// <returns>Where; null when it fails.</returns>
    public static void* MapPages(nuint length) => NullIfFailed(MemoryMap(null, length, ReadWrite, PrivateAnonymous, -1, 0));

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(void* address, nuint length);

    private static void* NullIfFailed(void* address) => address == s_mapFailed ? null : address;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* MemoryMap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
