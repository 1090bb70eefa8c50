namespace KvTcp.LoadGen;

/// <summary>Reads the replies that a connection has received, and counts them. For one thread.</summary>
/// <param name="schedule">Says what is measured.</param>
/// <param name="tally">Counts.</param>
/// <param name="verifier">Compares with the data file; null when the run doesn't.</param>
/// <param name="keysPerRequest">Keys in a request.</param>
internal sealed class ReplyIntake(RunSchedule schedule, ThreadTally tally, ReplyVerifier? verifier, int keysPerRequest)
{
    /// <summary>Reads all that is complete.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="now">When it was received.</param>
    /// <returns>False when the connection cannot be used any more, because it brought something that is no reply.</returns>
    public bool Read(Connection connection, long now)
    {
        ReadOnlySpan<byte> unread = connection.Received.Unread;
        int position = 0;
        while (position < unread.Length)
        {
            ReplyPart part = connection.Reader.Read(unread[position..]);
            if (part.Kind == ReplyPartKind.Incomplete)
            {
                break;
            }

            if (part.Kind == ReplyPartKind.Invalid || connection.InFlight.Count == 0)
            {
                if (IsMeasured(connection, now))
                {
                    KeepError(part.Kind == ReplyPartKind.Invalid ? "no reply of this protocol" : "a reply without a request", part.Text);
                }

                return false;
            }

            position += part.Length;
            Take(connection, part, now);
        }

        if (connection.Received.Consume(position))
        {
            return true;
        }

        if (IsMeasured(connection, now))
        {
            KeepError("a reply that is too long to be one", connection.Received.Unread);
        }

        return false;
    }

    private void Take(Connection connection, in ReplyPart part, long now)
    {
        bool isMeasured = IsMeasured(connection, now);
        if (isMeasured)
        {
            verifier?.Check(connection, part);
        }

        switch (part.Kind)
        {
            case ReplyPartKind.Value:
                tally.Hits += isMeasured ? 1 : 0;
                connection.ValuesRead++;
                break;
            case ReplyPartKind.Missing:
                tally.Misses += isMeasured ? 1 : 0;
                break;
            case ReplyPartKind.RestMissing:
                tally.Misses += isMeasured ? keysPerRequest - connection.ValuesRead : 0;
                break;
            case ReplyPartKind.Error:
                connection.HasError = true;
                if (isMeasured)
                {
                    KeepError(null, part.Text);
                }

                break;
        }

        if (part.EndsReply)
        {
            if (isMeasured)
            {
                tally.Answered(connection.InFlight.OldestDue, now);
                tally.Errors += connection.HasError ? 1 : 0;
            }

            connection.EndReply();
        }
    }

    private bool IsMeasured(Connection connection, long now) =>
        (connection.InFlight.Count > 0 ? connection.InFlight.OldestDue : now) >= schedule.Start;

    private void KeepError(string? what, ReadOnlySpan<byte> text)
    {
        if (tally.ErrorSamples.Count < ThreadTally.MaxSamples)
        {
            tally.ErrorSamples.Add(what is null ? ReplyText.Of(text) : $"{what}: {ReplyText.Quoted(text)}");
        }
    }
}
