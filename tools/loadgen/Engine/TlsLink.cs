using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>The TLS of one connection, over its non-blocking socket. For one thread.</summary>
/// <param name="tls">OpenSSL's object.</param>
internal sealed unsafe class TlsLink(nint tls) : IDisposable
{
    /// <summary>Whether bytes wait that no event will tell of; they may be a part of a record.</summary>
    public bool HasPending => TlsCalls.HasPending(tls) == 1;

    /// <summary>Goes on with the handshake.</summary>
    /// <param name="wants">What to wait for before the next call; 0 when hands have been shaken.</param>
    /// <returns>Why it has failed; null when it has not.</returns>
    public string? ShakeHands(out uint wants)
    {
        TlsCalls.ClearErrors();
        int result = TlsCalls.Connect(tls);
        int error = result == 1 ? 0 : TlsCalls.Error(tls, result);
        wants = error switch
        {
            TlsCalls.WantRead => LinuxCalls.Readable,
            TlsCalls.WantWrite => LinuxCalls.Writable,
            _ => 0,
        };
        return error is 0 || wants != 0 ? null : $"TLS failed: {Reason()}";
    }

    /// <summary>Receives what there is.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="length">How much at most.</param>
    /// <param name="error">0 or the number of the error.</param>
    /// <returns>As <see cref="Connection.Receive"/>.</returns>
    public int Receive(byte* buffer, int length, out int error)
    {
        TlsCalls.ClearErrors();
        int received = TlsCalls.Read(tls, buffer, length);
        error = received > 0 ? 0 : ErrorOf(received);
        return received > 0 ? received : error == LinuxCalls.TryAgain ? -1 : error == 0 ? 0 : -1;
    }

    /// <summary>Sends some bytes.</summary>
    /// <param name="bytes">The first of them.</param>
    /// <param name="length">How many.</param>
    /// <param name="error">0 or the number of the error.</param>
    /// <returns>How many were taken; -1 for an error.</returns>
    public int Send(byte* bytes, int length, out int error)
    {
        TlsCalls.ClearErrors();
        int sent = TlsCalls.Write(tls, bytes, length);
        error = sent > 0 ? 0 : ErrorOf(sent);
        return sent > 0 ? sent : -1;
    }

    /// <inheritdoc/>
    public void Dispose() => TlsCalls.Free(tls);

    private int ErrorOf(int result) => TlsCalls.Error(tls, result) switch
    {
        TlsCalls.WantRead or TlsCalls.WantWrite => LinuxCalls.TryAgain,
        TlsCalls.Closed => 0,
        TlsCalls.SystemCall when Marshal.GetLastSystemError() is not 0 and int error => error,
        _ => LinuxCalls.ProtocolError,
    };

    private string Reason()
    {
        nint verified = TlsCalls.VerifyResult(tls);
        return verified == 0 ? TlsContext.LastReason() : Marshal.PtrToStringUTF8(TlsCalls.VerifyText(verified)) ?? "the certificate is not accepted";
    }
}
