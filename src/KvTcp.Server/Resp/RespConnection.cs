namespace KvTcp.Server.Resp;

/// <summary>What the commands of a connection that speaks RESP work on.</summary>
/// <param name="Session">What the client has said of itself.</param>
/// <param name="Access">What it may ask for.</param>
/// <param name="Keys">Its access to the dataset.</param>
internal sealed record RespConnection(RespSession Session, ConnectionAccess Access, KeyLookups Keys);
