namespace KvTcp.LoadGen;

/// <summary>Each connection sends as soon as replies make room. For one thread.</summary>
internal sealed class ClosedLoop : Pacing
{
    private readonly RunSchedule _schedule;
    private readonly RequestSender _sender;
    private readonly long[] _due;

    /// <summary>Makes the loop.</summary>
    /// <param name="schedule">Says how many requests may be sent.</param>
    /// <param name="sender">Sends them.</param>
    public ClosedLoop(RunSchedule schedule, RequestSender sender)
    {
        _schedule = schedule;
        _sender = sender;
        _due = new long[sender.MaxCount];
    }

    /// <inheritdoc/>
    public override void OnRoom(Connection connection)
    {
        while (connection.Room > 0)
        {
            long now = LoadClock.Now;
            Span<long> due = _due.AsSpan(0, _schedule.Permit(Math.Min(connection.Room, _due.Length), now));
            if (due.IsEmpty)
            {
                return;
            }

            due.Fill(now);
            _sender.Send(connection, due, now);
        }
    }
}
