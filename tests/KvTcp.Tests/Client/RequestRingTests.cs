using KvTcp.Client;
using KvTcp.Protocol;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

public sealed class RequestRingTests
{
    [TestCase(1)]
    [TestCase(3, Description = "fewer than the places that it has for them")]
    [TestCase(4)]
    public void Ring_takes_as_many_requests_as_it_is_told_and_gives_them_back_in_order(int capacity)
    {
        RequestRing ring = new(capacity);
        for (int round = 0; round < 5; round++)
        {
            TextRequest[] requests = [.. Enumerable.Range(0, capacity).Select(static _ => new TextRequest(Command.Ping))];
            foreach (TextRequest request in requests)
            {
                Assert.That(ring.IsFull, Is.False);
                ring.Enqueue(request);
            }

            Assert.That(ring.IsFull, Is.True);
            foreach (TextRequest request in requests)
            {
                Assert.That(ring.TryPeek(out PendingRequest? oldest), Is.True);
                Assert.That(oldest, Is.SameAs(request));
                ring.Dequeue();
            }

            Assert.That(ring.IsEmpty, Is.True);
        }
    }
}
