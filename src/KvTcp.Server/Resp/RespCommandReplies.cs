using System.Text;
using KvTcp.Protocol.Resp;
using KvTcp.Server.Engine;
using KvTcp.Store;

namespace KvTcp.Server.Resp;

/// <summary>Answers the commands of RESP that are not about keys alone. Thread-safe: all connections share one.</summary>
/// <param name="info">The reply to INFO.</param>
internal sealed class RespCommandReplies(RespInfo info)
{
    /// <summary>The version of Redis whose answers these are: clients choose by it what they may ask.</summary>
    public const string RedisVersion = "7.0.0";

    /// <summary>The connections that speak RESP.</summary>
    public RespSessions Sessions { get; } = new();

    /// <summary>Writes the reply to a command.</summary>
    /// <param name="command">The command; it has as many arguments as it takes.</param>
    /// <param name="arguments">Its arguments, its word left out.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="writer">Receives the reply.</param>
    /// <returns>The error to answer with instead; empty when the reply is written.</returns>
    public ReadOnlySpan<byte> Write(RespCommandInfo command, List<byte[]> arguments, RespConnection connection, scoped ref RespWriter writer)
    {
        switch (command.Command)
        {
            case RespCommand.Ping when arguments.Count > 1:
                return RespErrorText.WrongArguments(command.Name);
            case RespCommand.Ping when arguments.Count == 0:
                writer.WriteSimple("PONG"u8);
                return default;
            case RespCommand.Ping or RespCommand.Echo:
                writer.WriteValue(arguments[0]);
                return default;
            case RespCommand.Select:
                return Select(arguments[0], ref writer);
            case RespCommand.Hello:
                return RespHello.Write(arguments, connection, ref writer);
            case RespCommand.Auth:
                return Authenticate(arguments, connection.Access, ref writer);
            case RespCommand.Client:
                return RespClientCommand.Write(arguments, connection.Session, Sessions, ref writer);
            case RespCommand.Command:
                return RespCommandCommand.Write(arguments, ref writer);
            case RespCommand.Config:
                return RespConfigCommand.Write(arguments, ref writer);
            case RespCommand.Info:
                writer.WriteText(Encoding.UTF8.GetBytes(info.Text([.. arguments.Select(Encoding.UTF8.GetString)], connection.Keys.Hold())));
                return default;
            case RespCommand.DbSize when connection.Keys.Engine is RedisEngine engine:
                return WriteKeyCount(engine, ref writer);
            case RespCommand.DbSize or RespCommand.RandomKey or RespCommand.Scan:
                // It may have been given up since the request began.
                return connection.Keys.Hold() is ServedDataset served
                    ? WriteOfDataset(command.Command, arguments, served.Dataset, ref writer)
                    : RespErrorText.Loading(ErrorText.Loading);
            case RespCommand.ReadOnly or RespCommand.Quit:
                writer.WriteSimple("OK"u8);
                return default;
            case RespCommand.Reset:
                connection.Session.Reset();
                connection.Access.Reset();
                writer.IsResp3 = false;
                writer.WriteSimple("RESET"u8);
                return default;
            default:
                throw new ArgumentOutOfRangeException(nameof(command), command.Name, "This command is answered elsewhere.");
        }
    }

    /// <summary>Authenticates a connection.</summary>
    /// <returns>The error to answer with; empty when it has succeeded.</returns>
    public static ReadOnlySpan<byte> Authenticate(byte[] password, ConnectionAccess access) => !access.HasToken
        ? RespErrorText.NoPassword
        : access.Authenticate(password) switch
        {
            TokenVerdict.Right => default,
            TokenVerdict.Wrong => RespErrorText.WrongPass,
            _ => RespErrorText.HeldOff,
        };

    private static ReadOnlySpan<byte> WriteKeyCount(RedisEngine engine, scoped ref RespWriter writer)
    {
        if (engine.Trouble is string trouble)
        {
            return Encoding.UTF8.GetBytes($"ERR {trouble}");
        }

        writer.WriteInteger(engine.Health.Keys);
        return default;
    }

    private static ReadOnlySpan<byte> WriteOfDataset(RespCommand command, List<byte[]> arguments, Dataset dataset, scoped ref RespWriter writer)
    {
        switch (command)
        {
            case RespCommand.DbSize:
                writer.WriteInteger(dataset.Count);
                return default;
            case RespCommand.RandomKey when dataset.TryPickKey(Random.Shared, out Guid key):
                RespScan.WriteKey(key, ref writer);
                return default;
            case RespCommand.RandomKey:
                writer.WriteNotFound();
                return default;
            default:
                return RespScan.Write(arguments, dataset, ref writer);
        }
    }

    /// <summary>Answers <c>[username] password</c>: there is one user, whatever it is called.</summary>
    private static ReadOnlySpan<byte> Authenticate(List<byte[]> arguments, ConnectionAccess access, scoped ref RespWriter writer)
    {
        if (arguments.Count > 2)
        {
            return RespErrorText.Syntax;
        }

        ReadOnlySpan<byte> error = Authenticate(arguments[^1], access);
        if (error.IsEmpty)
        {
            writer.WriteSimple("OK"u8);
        }

        return error;
    }

    private static ReadOnlySpan<byte> Select(byte[] argument, scoped ref RespWriter writer)
    {
        if (!int.TryParse(argument, out int index))
        {
            return RespErrorText.NotAnInteger;
        }

        if (index != 0)
        {
            return RespErrorText.NoSuchDatabase;
        }

        writer.WriteSimple("OK"u8);
        return default;
    }
}
