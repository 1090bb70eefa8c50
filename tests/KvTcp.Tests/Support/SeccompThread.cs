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

    /// <summary>Runs something to its end.</summary>
    /// <param name="systemCall">The number of the call.</param>
    /// <param name="errno">What it fails with.</param>
    /// <param name="run">What to run.</param>
    /// <returns>Its result.</returns>
    public static T Run<T>(int systemCall, int errno, Func<T> run)
    {
        T? result = default;
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Install(systemCall, errno);
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

    private static void Install(int systemCall, int errno)
    {
        // struct seccomp_data begins with the number.
        Instruction* program = stackalloc Instruction[]
        {
            new() { Code = LoadWord },
            new() { Code = JumpIfEqual, Value = (uint)systemCall, IfTrue = 0, IfFalse = 1 },
            new() { Code = Return, Value = ReturnErrno | (uint)errno },
            new() { Code = Return, Value = Allow },
        };
        Program filter = new() { Length = 4, Instructions = program };
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
