namespace KvTcp.Server;

/// <summary>Lets .NET's sockets run what waits for them on the thread that has noticed the event, for the whole process.</summary>
/// <remarks>
/// By default the thread that polls for socket events hands each one to the thread pool. Our handler never blocks, so the hop
/// only costs: without it a request takes about half the processor time. Figures stand in docs/performance.md.
/// </remarks>
public static class InlineSocketCompletions
{
    // https://github.com/dotnet/runtime, SocketAsyncEngine.Unix.cs: read once, when the process opens its first socket.
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Turns it on, unless the environment has decided already. To be called before the process opens its first socket.</summary>
    public static void Enable()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
