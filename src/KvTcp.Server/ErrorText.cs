using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>The explanations in ERR replies. They are for people, so they say what is wanted; none repeats what a client sent.</summary>
internal static class ErrorText
{
    public static ReadOnlySpan<byte> Unknown => "unknown command; HELP lists the commands"u8;

    public static ReadOnlySpan<byte> BadKey => "not a key: a key is a UUID, 8-4-4-4-12 hexadecimal digits"u8;

    public static ReadOnlySpan<byte> BadKeyVersion4 => "not a key: a key is a version 4 UUID, 8-4-4-4-12 hexadecimal digits"u8;

    public static ReadOnlySpan<byte> TooLong => "the request line is too long"u8;

    public static ReadOnlySpan<byte> TooManyKeys => "too many keys in one request"u8;

    public static ReadOnlySpan<byte> Unterminated => "the last line does not end in a line feed"u8;

    public static ReadOnlySpan<byte> Http => "this port speaks the KvTcp line protocol, not HTTP"u8;

    public static ReadOnlySpan<byte> Busy => "the server has reached its connection limit; try again later"u8;

    public static ReadOnlySpan<byte> NoReload => "this server does not reload its data while it runs"u8;

    public static ReadOnlySpan<byte> NoReloadOfEngine => "this server answers from an engine, and has nothing to load or to return to"u8;

    public static ReadOnlySpan<byte> NotOperator => "only over a Unix socket of the server, or after AUTH where a token is set"u8;

    public static ReadOnlySpan<byte> NoAuth => "AUTH comes first"u8;

    public static ReadOnlySpan<byte> WrongToken => "the token is wrong"u8;

    public static ReadOnlySpan<byte> HeldOff => "too many wrong tokens from this address; try again in a minute"u8;

    public static ReadOnlySpan<byte> Loading => "no dataset is loaded at the moment; try again later"u8;

    public static ReadOnlySpan<byte> EngineLoading => "the engine has not been reached yet; try again later"u8;

    public static ReadOnlySpan<byte> NoToken => "no token is set on this server; go on without AUTH"u8;

    public static ReadOnlySpan<byte> Internal => "the server failed to answer; its log has the reason"u8;

    public static ReadOnlySpan<byte> WrongArguments(Command command) => command switch
    {
        Command.Get => "GET takes one key"u8,
        Command.MGet => "MGET takes one key or more"u8,
        Command.Exists => "EXISTS takes one key or more"u8,
        Command.Auth => "AUTH takes one token"u8,
        _ => "this command takes no arguments"u8,
    };
}
