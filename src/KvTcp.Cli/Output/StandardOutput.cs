using System.Runtime.InteropServices;

namespace KvTcp.Cli;

/// <summary>Standard output as bytes.</summary>
/// <remarks>
/// .NET's own console stream drops what it writes into a pipe that nobody reads, so that a command would go on to its end for
/// nothing; a <see cref="FileStream"/> over descriptor 1 writes at an offset of its own, over what others wrote to the same file.
/// </remarks>
internal sealed partial class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;
    private const short PollOut = 4;

    /// <summary>Opens standard output.</summary>
    public static Stream Open() => OperatingSystem.IsLinux() ? new StandardOutput() : Console.OpenStandardOutput();

    /// <summary>Opens standard output for text; every write goes out at once.</summary>
    public static TextWriter OpenText() => new StreamWriter(Open()) { AutoFlush = true };

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="BrokenOutputException">Nobody reads any more.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written;
            fixed (byte* start = buffer)
            {
                written = SystemWrite(Descriptor, start, (nuint)buffer.Length);
            }

            if (written < 0)
            {
                WaitOrThrow(Marshal.GetLastPInvokeError());
                continue;
            }

            buffer = buffer.Slice((int)written);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Writes at once, on the caller's thread: the commands that write here have nothing better to do.</summary>
    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static unsafe void WaitOrThrow(int error)
    {
        switch (error)
        {
            case Interrupted:
                return;
            case TryAgain:
                PollEntry entry = new() { Descriptor = Descriptor, Events = PollOut };
                _ = SystemPoll(&entry, 1, -1);
                return;
            case BrokenPipe:
                throw new BrokenOutputException();
            default:
                throw new CommandException(
                    ExitCode.InputOutput, $"standard output cannot be written: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static unsafe partial nint SystemWrite(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static unsafe partial int SystemPoll(PollEntry* entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Occurred;
    }
}
