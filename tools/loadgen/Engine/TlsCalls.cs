using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>
/// The calls of OpenSSL 3 that the generator makes, on the library that .NET's own TLS uses on Linux. SslStream would wait for its sockets
/// in its own way, and cost several times as much.
/// </summary>
internal static unsafe partial class TlsCalls
{
    public const int WantRead = 2;
    public const int WantWrite = 3;
    public const int SystemCall = 5;
    public const int Closed = 6;

    public const int VerifyPeer = 1;
    public const int PemFile = 1;
    public const int SetMode = 33;
    public const int SetReadAhead = 41;
    public const int SetHostName = 55;

    /// <summary>A write may take a part, and go on from another address: the bytes are kept elsewhere meanwhile.</summary>
    public const nint PartialWrites = 1 | 2;

    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";

    [LibraryImport(Ssl, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_new")]
    public static partial nint NewContext(nint method);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_ctrl")]
    public static partial nint ControlContext(nint context, int command, nint number, nint pointer);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_set_verify")]
    public static partial void SetVerify(nint context, int mode, nint callback);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_set_default_verify_paths")]
    public static partial int UseSystemAuthorities(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_load_verify_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int LoadAuthorities(nint context, string path);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_use_certificate_chain_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UseCertificate(nint context, string path);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_use_PrivateKey_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UseKey(nint context, string path, int type);

    [LibraryImport(Ssl, EntryPoint = "SSL_new")]
    public static partial nint New(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_free")]
    public static partial void Free(nint tls);

    [LibraryImport(Ssl, EntryPoint = "SSL_set_fd")]
    public static partial int SetSocket(nint tls, int socket);

    [LibraryImport(Ssl, EntryPoint = "SSL_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Control(nint tls, int command, nint number, string text);

    [LibraryImport(Ssl, EntryPoint = "SSL_set1_host", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ExpectHost(nint tls, string name);

    [LibraryImport(Ssl, EntryPoint = "SSL_get0_param")]
    public static partial nint Parameters(nint tls);

    [LibraryImport(Crypto, EntryPoint = "X509_VERIFY_PARAM_set1_ip_asc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ExpectAddress(nint parameters, string address);

    [LibraryImport(Ssl, EntryPoint = "SSL_connect")]
    public static partial int Connect(nint tls);

    [LibraryImport(Ssl, EntryPoint = "SSL_read")]
    public static partial int Read(nint tls, byte* buffer, int length);

    [LibraryImport(Ssl, EntryPoint = "SSL_write")]
    public static partial int Write(nint tls, byte* buffer, int length);

    [LibraryImport(Ssl, EntryPoint = "SSL_has_pending")]
    public static partial int HasPending(nint tls);

    [LibraryImport(Ssl, EntryPoint = "SSL_get_error")]
    public static partial int Error(nint tls, int result);

    [LibraryImport(Ssl, EntryPoint = "SSL_get_verify_result")]
    public static partial nint VerifyResult(nint tls);

    [LibraryImport(Crypto, EntryPoint = "X509_verify_cert_error_string")]
    public static partial nint VerifyText(nint result);

    [LibraryImport(Crypto, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    [LibraryImport(Crypto, EntryPoint = "ERR_get_error")]
    public static partial nint LastError();

    [LibraryImport(Crypto, EntryPoint = "ERR_reason_error_string")]
    public static partial nint Reason(nint error);
}
