namespace KvTcp.LoadGen;

/// <summary>Sends requests on a connection, and puts them in flight. For one thread.</summary>
/// <param name="batch">Encodes them.</param>
/// <param name="keeper">Takes connections that break.</param>
/// <param name="keepsKeys">Whether replies are verified, so that the keys have to be remembered.</param>
internal sealed class RequestSender(RequestBatch batch, ConnectionKeeper keeper, bool keepsKeys)
{
    /// <summary>The most requests of one <see cref="Send"/>.</summary>
    public int MaxCount => batch.Capacity;

    /// <summary>Sends requests.</summary>
    /// <param name="connection">Where, with room for them.</param>
    /// <param name="due">From when the latency of each counts; one for each request.</param>
    /// <param name="now">The time.</param>
    public void Send(Connection connection, ReadOnlySpan<long> due, long now)
    {
        ReadOnlySpan<byte> requests = batch.Fill(due.Length);
        for (int i = 0; i < due.Length; i++)
        {
            connection.InFlight.Add(due[i], now, keepsKeys ? batch.Keys(i) : default);
        }

        int error = connection.Send(requests);
        if (error != 0)
        {
            keeper.Drop(connection, SocketErrors.Text(error));
        }
    }
}
