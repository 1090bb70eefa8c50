using System.Runtime.InteropServices;

namespace KvTcp.Cli;

/// <summary>
/// SIGHUP, which asks a server to load its files again. Outside of an instance's life it does nothing, so that it does not end a server that
/// starts or stops. One instance at a time.
/// </summary>
internal sealed class HangUpSignal : IDisposable
{
    private static readonly Lock Acting = new();
    private static PosixSignalRegistration? _registration;
    private static Action? _act;

    /// <summary>Acts on the signal until disposed.</summary>
    /// <param name="act">What to do, short and for one signal at a time.</param>
    public HangUpSignal(Action act)
    {
        Ignore();
        Become(act);
    }

    /// <summary>Keeps the signal from ending the process, as long as that lives.</summary>
    public static void Ignore()
    {
        lock (Acting)
        {
            _registration ??= PosixSignalRegistration.Create(PosixSignal.SIGHUP, On);
        }
    }

    /// <summary>Ends the acting; it is not under way any more when this returns.</summary>
    public void Dispose() => Become(null);

    private static void Become(Action? act)
    {
        lock (Acting)
        {
            _act = act;
        }
    }

    private static void On(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (Acting)
        {
            _act?.Invoke();
        }
    }
}
