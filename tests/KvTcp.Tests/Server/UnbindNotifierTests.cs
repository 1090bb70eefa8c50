using System.Net;
using KvTcp.Server;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

public class UnbindNotifierTests
{
    private static readonly IPEndPoint Somewhere = new(IPAddress.Loopback, 0);

    [Test]
    public async Task Tells_once_when_the_last_listener_accepts_no_more()
    {
        int told = 0;
        HeldTransport transport = new();
        UnbindNotifier notifier = new(transport, () => told++);
        IConnectionListener first = await notifier.BindAsync(Somewhere);
        IConnectionListener second = await notifier.BindAsync(Somewhere);

        Task[] unbinding = [first.UnbindAsync().AsTask(), second.UnbindAsync().AsTask()];
        transport.Listeners[0].Unbound.SetResult();
        await unbinding[0];
        await first.UnbindAsync();
        Assert.That(told, Is.Zero, "the second still accepts");

        transport.Listeners[1].Unbound.SetResult();
        await unbinding[1];
        await second.UnbindAsync();
        Assert.That(told, Is.EqualTo(1));
    }

    [Test]
    public async Task Tells_also_when_a_listener_fails_to_unbind()
    {
        int told = 0;
        HeldTransport transport = new();
        IConnectionListener listener = await new UnbindNotifier(transport, () => told++).BindAsync(Somewhere);
        transport.Listeners[0].Unbound.SetException(new InvalidOperationException("broken"));
        Assert.That(async () => await listener.UnbindAsync(), Throws.InvalidOperationException);
        Assert.That(told, Is.EqualTo(1));
    }

    /// <summary>A transport whose listeners accept until they are told.</summary>
    private sealed class HeldTransport : IConnectionListenerFactory
    {
        public List<HeldListener> Listeners { get; } = [];

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            Listeners.Add(new HeldListener(endpoint));
            return new ValueTask<IConnectionListener>(Listeners[^1]);
        }
    }

    private sealed class HeldListener(EndPoint endPoint) : IConnectionListener
    {
        public TaskCompletionSource Unbound { get; } = new();

        public EndPoint EndPoint => endPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => default;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => new(Unbound.Task);

        public ValueTask DisposeAsync() => default;
    }
}
