using System.Net;
using Microsoft.AspNetCore.Connections;

namespace KvTcp.Server;

/// <summary>Tells when the last listener of a transport accepts no more: Kestrel tells only when the connections have ended too. Thread-safe.</summary>
/// <param name="transport">The transport.</param>
/// <param name="unbound">Called once for the last listener, before Kestrel goes on to end connections.</param>
internal sealed class UnbindNotifier(IConnectionListenerFactory transport, Action unbound) : IConnectionListenerFactory
{
    private int _accepting;

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Listener listener = new(await transport.BindAsync(endpoint, cancellationToken), this);
        Interlocked.Increment(ref _accepting);
        return listener;
    }

    private void OnUnbound()
    {
        if (Interlocked.Decrement(ref _accepting) == 0)
        {
            unbound();
        }
    }

    private sealed class Listener(IConnectionListener inner, UnbindNotifier notifier) : IConnectionListener
    {
        private int _isUnbound;

        public EndPoint EndPoint => inner.EndPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => inner.AcceptAsync(cancellationToken);

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                await inner.UnbindAsync(cancellationToken);
            }
            finally
            {
                if (Interlocked.Exchange(ref _isUnbound, 1) == 0)
                {
                    notifier.OnUnbound();
                }
            }
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
