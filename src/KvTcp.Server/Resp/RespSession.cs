using System.Globalization;
using System.Net;

namespace KvTcp.Server.Resp;

/// <summary>What a connection that speaks RESP has said of itself. One thread at a time writes; any thread may read.</summary>
/// <param name="id">A number that no other connection of this server has.</param>
/// <param name="remote">The client's end, if it has a name.</param>
/// <param name="local">The server's end.</param>
internal sealed class RespSession(long id, EndPoint? remote, EndPoint? local)
{
    private readonly long _since = Environment.TickCount64;
    private long _lastRequest = Environment.TickCount64;

    /// <summary>The connection's number.</summary>
    public long Id => id;

    /// <summary>The name that the client has given the connection; empty when it has given none.</summary>
    public string Name { get; set; } = "";

    /// <summary>The client library, as it calls itself.</summary>
    public string LibraryName { get; set; } = "";

    /// <summary>The version of the client library.</summary>
    public string LibraryVersion { get; set; } = "";

    /// <summary>Whether replies are of RESP3.</summary>
    public bool IsResp3 { get; set; }

    /// <summary>The last command that was not about keys alone, in lower case.</summary>
    public string LastCommand { get; private set; } = "NULL";

    /// <summary>Notes a command.</summary>
    public void Note(string command)
    {
        LastCommand = command;
        Volatile.Write(ref _lastRequest, Environment.TickCount64);
    }

    /// <summary>Forgets what the client has said.</summary>
    public void Reset()
    {
        Name = "";
        IsResp3 = false;
    }

    /// <summary>The line of CLIENT LIST, with the fields of Redis's that mean something here.</summary>
    public override string ToString()
    {
        long now = Environment.TickCount64;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"id={id} addr={remote} laddr={local} name={Name} age={(now - _since) / 1000} idle={(now - Volatile.Read(ref _lastRequest)) / 1000} flags=N db=0 cmd={LastCommand} user=default resp={(IsResp3 ? 3 : 2)} lib-name={LibraryName} lib-ver={LibraryVersion}");
    }
}
