using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

/// <summary>
/// A dispatcher holds a lease of its dataset for as long as it has replies to write from it, and no longer. The owner's
/// Dispose frees the memory at once when no lease is out, else soon after the last one is released.
/// </summary>
[TestFixture]
public class RequestDispatcherLeaseTests
{
    private const int MiB = 1 << 20;

    [Test]
    public async Task No_lease_is_held_between_drains_that_finished()
    {
        using TestDataset data = TestDataset.WithLengths(10);
        using DrainedConnection connection = new(data);
        Guid key = TestDataset.Key(0);
        connection.Deliver(ByteText.Bytes($"GET {key}\nMGET {key}\nEXISTS {key}\nGET {key}"));
        data.Dataset.Dispose();
        await FreedAsync(data);
    }

    [TestCase("GET {0}\n", Description = "within a value")]
    [TestCase("GET {1}\nGET {0}\nGET {1}\n", Description = "within the second of three values")]
    [TestCase("MGET {0} {1} {0} x {0}\n", Description = "within MGET, with keys still to be looked up")]
    public async Task The_lease_is_held_exactly_while_a_reply_is_suspended(string requests)
    {
        requests = requests.Replace("{0}", TestDataset.Key(0).ToString()).Replace("{1}", TestDataset.Key(1).ToString());
        using TestDataset data = TestDataset.WithLengths(MiB, 10);
        byte[] bytes = ByteText.Bytes(requests);
        string expected = ProtocolModel.Answer(data, new ServerOptions(), bytes, ends: false).Replies;
        using DrainedConnection connection = new(data);
        connection.Hold(bytes);
        Assert.That(connection.DrainOnce(), Is.EqualTo(DrainStatus.OutputFull));

        data.Dataset.Dispose();
        int drains = 0;
        do
        {
            Assert.That(data.Dataset.IsFreed, Is.False, $"after {drains} more drains");
            drains++;
        }
        while (connection.DrainOnce() == DrainStatus.OutputFull);

        await FreedAsync(data);
        Assert.That(drains, Is.GreaterThanOrEqualTo(15));
        string replies = ProtocolModel.WithoutErrorTexts(connection.Replies);
        Assert.That(string.Equals(replies, expected, StringComparison.Ordinal), "all is answered from the memory that was held");
    }

    [Test]
    public async Task Keys_of_one_RESP_request_are_answered_from_one_dataset_though_they_arrive_around_a_swap([Values] bool isCut)
    {
        using TestDataset data = TestDataset.WithValues("old", "old", "old");
        using TestDataset next = TestDataset.WithValues("new", "new", "new");
        string[] keys = [.. Enumerable.Range(0, 3).Select(static number => TestDataset.Key(number).ToString())];
        byte[] request = ByteText.Bytes(RespText.Request(["MGET", .. keys]));

        // After the first key, or within the second.
        int cut = ByteText.Text(request).IndexOf(keys[1], StringComparison.Ordinal) + (isCut ? 10 : -5);
        using DrainedConnection connection = new(data);
        connection.Deliver(request[..cut]);
        Assert.That(data.Holder.TryPublish(next.Holder.Current!, data.Holder.Rollbacks));
        Assert.That(data.Holder.DropPrevious(), Is.Not.Null);
        Assert.That(data.Dataset.IsFreed, Is.False, "the request needs it");
        connection.Deliver(request[cut..]);
        Assert.That(connection.Replies, Is.EqualTo(RespText.Array(Enumerable.Repeat(RespText.Bulk("old"), 3))));
        await FreedAsync(data);
        connection.Deliver(request);
        Assert.That(connection.Replies, Does.EndWith(RespText.Array(Enumerable.Repeat(RespText.Bulk("new"), 3))));
    }

    [Test]
    public async Task Dispose_lets_go_of_a_suspended_reply()
    {
        using TestDataset data = TestDataset.WithLengths(MiB);
        using DrainedConnection connection = new(data);
        connection.Hold(ByteText.Bytes($"GET {TestDataset.Key(0)}\n"));
        Assert.That(connection.DrainOnce(), Is.EqualTo(DrainStatus.OutputFull));
        data.Dataset.Dispose();
        connection.Dispose();
        await FreedAsync(data);
    }

    [Test]
    public async Task Close_lets_go_of_the_dataset()
    {
        using TestDataset data = TestDataset.WithLengths(10);
        using DrainedConnection connection = new(data);
        connection.Hold(ByteText.Bytes($"GET {TestDataset.Key(0)}\nQUIT\n"));
        Assert.That(connection.DrainOnce(), Is.EqualTo(DrainStatus.Close));
        data.Dataset.Dispose();
        await FreedAsync(data);
    }

    [Test]
    public void Several_suspended_connections_each_keep_their_place()
    {
        using TestDataset data = TestDataset.WithLengths(MiB, MiB, MiB);
        DrainedConnection[] connections = [new(data), new(data), new(data)];
        for (int i = 0; i < connections.Length; i++)
        {
            connections[i].Hold(ByteText.Bytes($"GET {TestDataset.Key(i)}\nGET {TestDataset.Key((i + 1) % 3)}\nPING\n"));
        }

        bool isFull = true;
        while (isFull)
        {
            isFull = false;
            foreach (DrainedConnection connection in connections)
            {
                isFull |= connection.DrainOnce() == DrainStatus.OutputFull;
            }
        }

        for (int i = 0; i < connections.Length; i++)
        {
            string first = ByteText.Text(data.Pairs[TestDataset.Key(i)]);
            string second = ByteText.Text(data.Pairs[TestDataset.Key((i + 1) % 3)]);
            string expected = $"OK {first}\nOK {second}\nOK PONG\n";
            Assert.That(string.Equals(connections[i].Replies, expected, StringComparison.Ordinal), $"connection {i}");
            connections[i].Dispose();
        }
    }

    private static Task FreedAsync(TestDataset data) => Patience.UntilAsync(() => Task.FromResult(data.Dataset.IsFreed), "the memory is freed");
}
