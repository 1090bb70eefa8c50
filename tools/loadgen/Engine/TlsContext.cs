using System.Net;
using System.Runtime.InteropServices;
using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>What the TLS connections of a run have in common. Thread-safe.</summary>
internal sealed class TlsContext : IDisposable
{
    private readonly string _host;
    private readonly nint _context;

    /// <summary>Makes it.</summary>
    /// <param name="setting">Whom to trust, and what to show.</param>
    /// <param name="host">The host or address that the server's certificate has to name.</param>
    /// <exception cref="CommandException">A file cannot be used, or the machine has no OpenSSL 3.</exception>
    public TlsContext(TlsClientSetting setting, string host)
    {
        _host = host;
        try
        {
            _context = TlsCalls.NewContext(TlsCalls.ClientMethod());
        }
        catch (DllNotFoundException e)
        {
            throw new CommandException(ExitCode.Unavailable, $"--tls needs OpenSSL 3: {e.Message}", e);
        }

        _ = TlsCalls.ControlContext(_context, TlsCalls.SetMode, TlsCalls.PartialWrites, 0);

        // One call receives what is there, instead of one for the head of each record and one for its body.
        _ = TlsCalls.ControlContext(_context, TlsCalls.SetReadAhead, 1, 0);
        TlsCalls.SetVerify(_context, TlsCalls.VerifyPeer, 0);
        if (setting.Authority is string authority)
        {
            Use(TlsCalls.LoadAuthorities(_context, authority), authority);
        }
        else
        {
            _ = TlsCalls.UseSystemAuthorities(_context);
        }

        if (setting.Certificate is string certificate)
        {
            Use(TlsCalls.UseCertificate(_context, certificate), certificate);
            Use(TlsCalls.UseKey(_context, setting.Key!, TlsCalls.PemFile), setting.Key!);
        }
    }

    /// <summary>Makes the TLS of a connection.</summary>
    /// <param name="socket">Its socket, connected.</param>
    public TlsLink Open(int socket)
    {
        nint tls = TlsCalls.New(_context);
        _ = TlsCalls.SetSocket(tls, socket);
        if (IPAddress.TryParse(_host, out _))
        {
            _ = TlsCalls.ExpectAddress(TlsCalls.Parameters(tls), _host);
        }
        else
        {
            _ = TlsCalls.ExpectHost(tls, _host);
            _ = TlsCalls.Control(tls, TlsCalls.SetHostName, 0, _host);
        }

        return new TlsLink(tls);
    }

    /// <summary>Why a call of OpenSSL has failed.</summary>
    public static string LastReason() =>
        TlsCalls.LastError() is not 0 and nint error ? Marshal.PtrToStringUTF8(TlsCalls.Reason(error)) ?? "unknown reason" : "no reason given";

    /// <inheritdoc/>
    public void Dispose() => TlsCalls.FreeContext(_context);

    private void Use(int result, string path)
    {
        if (result != 1)
        {
            string reason = LastReason();
            Dispose();
            throw new CommandException(File.Exists(path) ? ExitCode.BadData : ExitCode.NoInput, $"{path} cannot be used: {reason}");
        }
    }
}
