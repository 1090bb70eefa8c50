using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>The errors of RESP, in the words that Redis has for them where it has any: clients look for these.</summary>
internal static class RespErrorText
{
    /// <summary>How much of what a client sent an error may show.</summary>
    private const int LongestEcho = 128;

    public static ReadOnlySpan<byte> Write => "READONLY You can't write against a read only replica."u8;

    public static ReadOnlySpan<byte> Syntax => "ERR syntax error"u8;

    public static ReadOnlySpan<byte> TooLong => "ERR the arguments of this command are too long"u8;

    public static ReadOnlySpan<byte> TooManyKeys => "ERR too many keys in one request"u8;

    public static ReadOnlySpan<byte> NotAnInteger => "ERR value is not an integer or out of range"u8;

    public static ReadOnlySpan<byte> NoSuchDatabase => "ERR DB index is out of range"u8;

    public static ReadOnlySpan<byte> NoSuchProtocol => "NOPROTO unsupported protocol version"u8;

    public static ReadOnlySpan<byte> ProtocolNotAnInteger => "ERR Protocol version is not an integer or out of range"u8;

    public static ReadOnlySpan<byte> NoPassword =>
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"u8;

    public static ReadOnlySpan<byte> NoAuth => "NOAUTH Authentication required."u8;

    public static ReadOnlySpan<byte> NoAuthForHello =>
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"u8;

    public static ReadOnlySpan<byte> WrongPass => "WRONGPASS invalid username-password pair or user is disabled."u8;

    public static ReadOnlySpan<byte> HeldOff => "WRONGPASS too many wrong passwords from this address; try again in a minute"u8;

    public static ReadOnlySpan<byte> NoDataset => "ERR not offered: the server has no dataset, it answers from an engine; ask that"u8;

    public static ReadOnlySpan<byte> InvalidCursor => "ERR invalid cursor"u8;

    public static ReadOnlySpan<byte> StaleCursor => "ERR the dataset has changed since this SCAN began; begin again with cursor 0"u8;

    public static ReadOnlySpan<byte> InvalidName => "ERR Client names cannot contain spaces, newlines or special characters."u8;

    /// <summary>What is wrong with the bytes of a request; the connection ends after it.</summary>
    public static ReadOnlySpan<byte> Protocol(RespReadStatus status) => status switch
    {
        RespReadStatus.ExpectedArray => "ERR Protocol error: expected '*'"u8,
        RespReadStatus.InvalidCount => "ERR Protocol error: invalid multibulk length"u8,
        RespReadStatus.ExpectedBulk => "ERR Protocol error: expected '$'"u8,
        RespReadStatus.InvalidLength => "ERR Protocol error: invalid bulk length"u8,
        RespReadStatus.Unterminated => "ERR Protocol error: expected CRLF after an argument"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "This is no error."),
    };

    public static byte[] UnknownCommand(string word, IEnumerable<string> arguments)
    {
        StringBuilder text = new($"ERR unknown command '{Shown(word)}', with args beginning with: ");
        foreach (string argument in arguments)
        {
            text.Append('\'').Append(Shown(argument)).Append("' ");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static byte[] Loading(ReadOnlySpan<byte> why) => [.. "LOADING "u8, .. why];

    public static byte[] UnknownSubcommand(string command, string subcommand) =>
        Encoding.UTF8.GetBytes($"ERR unknown subcommand '{Shown(subcommand)}'. Try {command.ToUpperInvariant()} HELP.");

    public static byte[] WrongArguments(string command) =>
        Encoding.UTF8.GetBytes($"ERR wrong number of arguments for '{command}' command");

    // A line feed would end the error; anything else that is not for reading has no place in a log either.
    private static string Shown(string text) =>
        new([.. text.Take(LongestEcho).Select(static c => char.IsControl(c) ? ' ' : c)]);
}
