using System.Net;

namespace KvTcp.Transport.Loops;

/// <summary>
/// How a loop waits, and what makes sockets that fit this way of waiting: one kernel interface. On its loop only, unless a member
/// says otherwise.
/// </summary>
/// <remarks>
/// <para>
/// The members of engines and sockets say what is wanted, not how: an engine that hears when something may be tried does it there
/// and then, and one that hears when something was done begins it and tells later.
/// </para>
/// <para>An engine is made and disposed on its loop too. What the system refuses, making it throws.</para>
/// </remarks>
internal abstract class LoopEngine : IDisposable
{
    /// <summary>Makes the engine of a loop.</summary>
    protected LoopEngine(EventLoop loop) => Loop = loop;

    /// <summary>The loop.</summary>
    protected EventLoop Loop { get; }

    /// <summary>Makes the socket of an accepted connection, which does nothing before <see cref="LoopSocket.TryStart"/>.</summary>
    /// <param name="file">The descriptor, which becomes the socket's.</param>
    /// <param name="connection">The connection, which is being made.</param>
    public abstract LoopSocket CreateSocket(int file, LoopConnection connection);

    /// <summary>Makes what accepts connections at a listening socket, which does nothing before <see cref="LoopAcceptor.Start"/>. Thread-safe.</summary>
    /// <param name="listener">The descriptor of the listening socket; it stays the caller's.</param>
    /// <param name="isShared">Whether other loops accept at it too, see <see cref="ListenSockets"/>.</param>
    /// <param name="localEndPoint">This side of every connection; null when each has to be asked for it.</param>
    /// <param name="highestFile">The highest descriptor that a connection may have.</param>
    /// <param name="accepted">Is called on the loop with each connection.</param>
    public abstract LoopAcceptor CreateAcceptor(int listener, bool isShared, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted);

    /// <summary>Waits until something happens, and lets the sockets and acceptors that it concerns deal with it.</summary>
    /// <param name="milliseconds">The longest wait; 0 only looks, and -1 has no end.</param>
    /// <returns>How many events were dealt with; -1 when the system refuses to wait, and then errno tells why.</returns>
    public abstract int Turn(int milliseconds);

    /// <summary>
    /// Has the kernel do now what was asked for since the last turn, where that waits for the next one. What this brings is dealt with then.
    /// </summary>
    public virtual void Flush()
    {
    }

    /// <summary>Ends a wait that is under way, or else the next one. Thread-safe, until the engine is disposed.</summary>
    public abstract void WakeUp();

    /// <summary>Ends every socket and every acceptor, since the loop ends.</summary>
    public abstract void FailAll(Exception reason);

    /// <summary>
    /// Ends parts of the engine: acceptors first, so that a client whose connection is reset finds another loop when it comes back.
    /// One that cannot be ended does not keep the others.
    /// </summary>
    /// <param name="parts">They may leave meanwhile.</param>
    /// <param name="reason">Why.</param>
    protected void FailAll(IReadOnlyList<ILoopPart?> parts, Exception reason)
    {
        FailThose(acceptors: true);
        FailThose(acceptors: false);

        void FailThose(bool acceptors)
        {
            for (int i = 0; i < parts.Count; i++)
            {
                try
                {
                    if (parts[i] is ILoopPart part && part is LoopAcceptor == acceptors)
                    {
                        part.Fail(reason);
                    }
                }
                catch (Exception exception)
                {
                    Loop.ReportBug(exception);
                }
            }
        }
    }

    /// <summary>Gives everything back to the system; nothing in it uses memory of ours afterwards.</summary>
    public abstract void Dispose();
}
