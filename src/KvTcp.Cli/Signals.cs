using System.Runtime.InteropServices;

namespace KvTcp.Cli;

/// <summary>
/// The signals that ask a command to stop. The first one is for the command to act on; a second one ends the process at once.
/// </summary>
internal sealed class Signals : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Stopping = [(PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)];

    private readonly TaskCompletionSource<int> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Listens to the signals until disposed.</summary>
    public Signals() => _registrations = [.. Stopping.Select(s => PosixSignalRegistration.Create(s.Signal, context => On(context, s.Number)))];

    /// <summary>Completes with the number of the first signal.</summary>
    public Task<int> First => _first.Task;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void On(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        if (!_first.TrySetResult(number))
        {
            Environment.Exit(ExitCode.ForSignal(number));
        }
    }
}
