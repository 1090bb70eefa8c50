using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>Answers <c>HELLO [protover [AUTH username password] [SETNAME clientname]]</c>. Thread-safe.</summary>
internal static class RespHello
{
    /// <summary>Sets what the request asks for and writes the reply.</summary>
    /// <returns>The error to answer with instead; then no name and no version is set.</returns>
    public static ReadOnlySpan<byte> Write(List<byte[]> arguments, RespConnection connection, scoped ref RespWriter writer)
    {
        RespSession session = connection.Session;
        bool isResp3 = session.IsResp3;
        string name = session.Name;
        if (arguments.Count > 0)
        {
            ReadOnlySpan<byte> error = ReadVersion(arguments[0], ref isResp3);
            error = error.IsEmpty ? ReadOptions(arguments, connection.Access, ref name) : error;
            if (!error.IsEmpty)
            {
                return error;
            }
        }

        if (!connection.Access.IsAdmitted)
        {
            return RespErrorText.NoAuthForHello;
        }

        session.Name = name;
        session.IsResp3 = isResp3;
        writer.IsResp3 = isResp3;
        WriteServer(session, ref writer);
        return default;
    }

    private static ReadOnlySpan<byte> ReadVersion(byte[] argument, scoped ref bool isResp3)
    {
        if (!int.TryParse(argument, out int version))
        {
            return RespErrorText.ProtocolNotAnInteger;
        }

        isResp3 = version == 3;
        return version is 2 or 3 ? default : RespErrorText.NoSuchProtocol;
    }

    private static ReadOnlySpan<byte> ReadOptions(List<byte[]> arguments, ConnectionAccess access, scoped ref string name)
    {
        for (int i = 1; i < arguments.Count;)
        {
            if (Ascii.EqualsIgnoreCase(arguments[i], "AUTH"u8) && i + 2 < arguments.Count)
            {
                ReadOnlySpan<byte> error = RespCommandReplies.Authenticate(arguments[i + 2], access);
                if (!error.IsEmpty)
                {
                    return error;
                }

                i += 3;
                continue;
            }

            if (!Ascii.EqualsIgnoreCase(arguments[i], "SETNAME"u8) || i + 1 >= arguments.Count)
            {
                return RespErrorText.Syntax;
            }

            if (!RespClientCommand.IsName(arguments[i + 1]))
            {
                return RespErrorText.InvalidName;
            }

            name = Encoding.UTF8.GetString(arguments[i + 1]);
            i += 2;
        }

        return default;
    }

    private static void WriteServer(RespSession session, ref RespWriter writer)
    {
        writer.WriteMap(7);
        writer.WriteValue("server"u8);
        writer.WriteValue("kvtcp"u8);
        writer.WriteValue("version"u8);
        writer.WriteValue(Encoding.ASCII.GetBytes(RespCommandReplies.RedisVersion));
        writer.WriteValue("proto"u8);
        writer.WriteInteger(session.IsResp3 ? 3 : 2);
        writer.WriteValue("id"u8);
        writer.WriteInteger(session.Id);
        writer.WriteValue("mode"u8);
        writer.WriteValue("standalone"u8);
        writer.WriteValue("role"u8);
        writer.WriteValue("master"u8);
        writer.WriteValue("modules"u8);
        writer.WriteArray(0);
    }
}
