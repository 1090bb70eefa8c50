namespace KvTcp.LoadGen;

/// <summary>Decides when requests are sent. For one thread.</summary>
internal abstract class Pacing
{
    /// <summary>When the next request is due, whether or not replies make room; <see cref="long.MaxValue"/> when only they decide.</summary>
    public virtual long NextDue => long.MaxValue;

    /// <summary>Whether requests are due that no connection has room for.</summary>
    /// <param name="now">The time.</param>
    public virtual bool IsBlocked(long now) => false;

    /// <summary>Called when a connection may have room for requests.</summary>
    /// <param name="connection">The connection.</param>
    public abstract void OnRoom(Connection connection);

    /// <summary>Called whenever all that has arrived has been read.</summary>
    /// <param name="now">The time.</param>
    public virtual void OnTurn(long now)
    {
    }

    /// <summary>Called after a wait for room, during which the thread had nothing to do.</summary>
    /// <param name="now">The time.</param>
    public virtual void OnIdle(long now)
    {
    }

    /// <summary>Called at the end of the run.</summary>
    public virtual void Finish()
    {
    }
}
