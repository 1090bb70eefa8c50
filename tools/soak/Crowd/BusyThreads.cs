namespace KvTcp.Soak;

/// <summary>Threads that do nothing, without a pause, until they are disposed of: what a crowd takes of a machine, and nothing of what it asks of a server.</summary>
internal sealed class BusyThreads : IDisposable
{
    private readonly Thread[] _threads;
    private volatile bool _isEnding;

    /// <summary>Starts some.</summary>
    /// <param name="count">How many.</param>
    public BusyThreads(int count)
    {
        _threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(Spin) { IsBackground = true, Name = "busy" })];
        Array.ForEach(_threads, static thread => thread.Start());
    }

    /// <summary>Ends them.</summary>
    public void Dispose()
    {
        _isEnding = true;
        Array.ForEach(_threads, static thread => thread.Join());
    }

    private void Spin()
    {
        while (!_isEnding)
        {
        }
    }
}
