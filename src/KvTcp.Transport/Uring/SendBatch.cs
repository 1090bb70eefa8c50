using System.Runtime.InteropServices;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;
using KvTcp.Transport.Pipes;

namespace KvTcp.Transport.Uring;

/// <summary>
/// The sends of a turn: one for each connection that has written, all in the call that ends the turn. On the loop only.
/// </summary>
/// <remarks>
/// They do not wait for the kernel to have room. So each is over when that call returns, and one without a completion has sent
/// everything: <see cref="Prepare"/>, the call, <see cref="Note"/> for every completion, <see cref="Settle"/>. The kernel has no
/// address of ours in between turns.
/// </remarks>
/// <param name="ring">Where they are submitted.</param>
/// <param name="loop">Hears of bugs.</param>
internal sealed unsafe class SendBatch(Ring ring, EventLoop loop)
{
    /// <summary>A send that cannot take everything ends at once, and tells how far it came.</summary>
    private const uint Flags = SocketCalls.DoNotSignal | SocketCalls.DoNotWait | SocketCalls.WaitForAll;

    private readonly List<Send> _sends = [];
    private readonly List<UringSocket> _due = [];

    /// <summary>Lets a socket send when the turn is over.</summary>
    public void Add(UringSocket socket) => _due.Add(socket);

    /// <summary>Puts all sends into the ring.</summary>
    public void Prepare()
    {
        foreach (UringSocket socket in _due)
        {
            if (socket.TakeDueSend() is not Block first)
            {
                continue;
            }

            int sent = socket.Unsent.Sent;
            int length = first.Filled - sent;
            Submission* send = ring.Prepare();
            send->Operation = Submission.Send;
            send->Flags = Submission.SkipSuccess;
            send->Data = OperationData.Of(_sends.Count, UringOperation.Send);
            send->File = socket.File;
            send->Address = (ulong)(first.Address + sent);
            send->Length = (uint)length;
            send->OperationFlags = Flags;
            _sends.Add(new Send { Socket = socket, Length = length, Result = length });
        }

        _due.Clear();
    }

    /// <summary>A send has not sent everything.</summary>
    /// <param name="index">Which one, from its data.</param>
    /// <param name="result">What it did.</param>
    public void Note(ulong index, int result) => CollectionsMarshal.AsSpan(_sends)[(int)index].Result = result;

    /// <summary>
    /// Notes what was sent, and then tells the sockets: a handler that goes on may write to other connections of the batch. They may add
    /// sends of the next turn meanwhile.
    /// </summary>
    public void Settle()
    {
        foreach (Send send in _sends)
        {
            send.Socket.Unsent.Advance(Math.Max(0, send.Result));
        }

        foreach (Send send in _sends)
        {
            try
            {
                send.Socket.OnSendOver(isComplete: send.Result == send.Length);
            }
            catch (Exception exception)
            {
                loop.ReportBug(exception);
                send.Socket.Fail(exception);
            }
        }

        _sends.Clear();
    }

    private struct Send
    {
        public UringSocket Socket;
        public int Length;
        public int Result;
    }
}
