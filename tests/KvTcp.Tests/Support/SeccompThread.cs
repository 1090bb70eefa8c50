using System.Runtime.InteropServices;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>Runs code under a seccomp filter that refuses a system call, as container runtimes refuse io_uring.</summary>
/// <remarks>A filter is for its thread and for the processes that the thread starts, so the rest of the tests keeps the call.</remarks>
internal static unsafe partial class SeccompThread
{
    private const int SetNoNewPrivileges = 38;
    private const int SetSeccomp = 22;
    private const nint FilterMode = 2;
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;
    private const uint Allow = 0x7fff0000;
    private const uint ReturnErrno = 0x00050000;

    /// <summary>The number of io_uring_setup(2).</summary>
    public const int UringSetup = 425;

    /// <summary>The number of io_uring_enter(2).</summary>
    public const int UringEnter = 426;

    /// <summary>The number of what the C library calls for epoll_wait(2).</summary>
    public static readonly int EpollWait = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 232 : 22;

    /// <summary>The number of mmap(2).</summary>
    public static readonly int MemoryMap = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 9 : 222;

    /// <summary>Runs something to its end.</summary>
    /// <param name="systemCall">The number of the call.</param>
    /// <param name="errno">What it fails with.</param>
    /// <param name="run">What to run.</param>
    /// <param name="secondArgument">Only calls with this second argument fail; null when all do.</param>
    /// <returns>Its result.</returns>
    public static T Run<T>(int systemCall, int errno, Func<T> run, uint? secondArgument = null)
    {
        T? result = default;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Refuse(systemCall, errno, secondArgument);
                result = run();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new AssertionException("What ran under the filter failed.", failure);
    }

    /// <summary>Has the calling thread's system calls of one kind fail, as long as the thread lives.</summary>
    /// <param name="systemCall">The number of the call.</param>
    /// <param name="errno">What it fails with.</param>
    /// <param name="secondArgument">Only calls with this second argument fail; null when all do.</param>
    public static void Refuse(int systemCall, int errno, uint? secondArgument = null)
    {
        // struct seccomp_data begins with the number, and has the arguments, eight bytes each, from its byte 16.
        Instruction* program = stackalloc Instruction[]
        {
            new() { Code = LoadWord },
            new() { Code = JumpIfEqual, Value = (uint)systemCall, IfTrue = 0, IfFalse = 3 },
            new() { Code = LoadWord, Value = secondArgument is null ? 0u : 24 },
            new() { Code = JumpIfEqual, Value = secondArgument ?? (uint)systemCall, IfTrue = 0, IfFalse = 1 },
            new() { Code = Return, Value = ReturnErrno | (uint)errno },
            new() { Code = Return, Value = Allow },
        };
        Program filter = new() { Length = 6, Instructions = program };
        Assert.That(Control(SetNoNewPrivileges, 1, 0, 0, 0), Is.Zero);
        Assert.That(Control(SetSeccomp, FilterMode, (nint)(&filter), 0, 0), Is.Zero);
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nint a, nint b, nint c, nint d);

    /// <summary>struct sock_filter.</summary>
    private struct Instruction
    {
        public ushort Code;
        public byte IfTrue;
        public byte IfFalse;
        public uint Value;
    }

    /// <summary>struct sock_fprog.</summary>
    private struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
