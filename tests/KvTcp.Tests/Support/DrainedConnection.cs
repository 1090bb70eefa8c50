using System.Buffers;
using KvTcp.Server;
using KvTcp.Server.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvTcp.Tests.Support;

/// <summary>
/// A connection without a socket: bytes are delivered in pieces to a <see cref="RequestDispatcher"/>, which is drained after each
/// piece for as long as its output is full, as <c>KvConnectionHandler</c> does. What it leaves is delivered again with the next piece.
/// </summary>
internal sealed class DrainedConnection : IDisposable
{
    private const int BlockSize = 4096;

    // Samples are large, a transport tries the system out, and nothing here looks at either.
    private static readonly RequestSamples Samples = new();
    private static readonly ServerTransport Transport = ServerTransport.Choose(new ServerOptions(), NullLoggerFactory.Instance);

    private readonly RequestDispatcher _dispatcher;
    private readonly BlockBufferWriter _output = new(BlockSize);
    private readonly List<byte[]> _held = [];

    public DrainedConnection(TestDataset data, ServerOptions? options = null)
    {
        options ??= new ServerOptions();
        _dispatcher = new RequestDispatcher(
            options,
            data.Holder,
            new ServerReplies(
                data.Holder,
                reloader: null,
                new ConnectionRegistry(options.MaxConnections, null, new Refusals(), NullLogger.Instance),
                new Refusals(),
                Transport,
                Samples));
    }

    /// <summary>All replies so far.</summary>
    public string Replies => ByteText.Text(_output.Written);

    /// <summary>Whether the dispatcher has asked to close.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>How many drains ended because the output was full.</summary>
    public int Suspensions { get; private set; }

    /// <summary>The most bytes that one drain has written.</summary>
    public long LargestDrain { get; private set; }

    /// <summary>How many bytes the dispatcher has left, to be delivered again.</summary>
    public int HeldCount => _held.Sum(static piece => piece.Length);

    public ConnectionCounters Counters => _dispatcher.Counters;

    /// <summary>Delivers pieces that arrive together, as segments of one buffer, and answers them.</summary>
    public void Deliver(params IEnumerable<byte[]> pieces)
    {
        Hold(pieces);
        DrainStatus status;
        while ((status = DrainOnce()) is DrainStatus.OutputFull or DrainStatus.Waiting)
        {
            if (status == DrainStatus.Waiting && !_dispatcher.WaitAsync().Wait(Patience.Limit))
            {
                throw new TimeoutException("The dispatcher waits in vain.");
            }
        }
    }

    /// <summary>Adds pieces to what the next drain sees.</summary>
    public void Hold(params IEnumerable<byte[]> pieces) => _held.AddRange(pieces);

    /// <summary>One drain of what is held.</summary>
    public DrainStatus DrainOnce()
    {
        ReadOnlySequence<byte> received = Received();
        ReadOnlySequence<byte> buffer = received;
        long before = _output.WrittenCount;
        DrainStatus status = _dispatcher.Drain(ref buffer, _output);
        LargestDrain = Math.Max(LargestDrain, _output.WrittenCount - before);
        Suspensions += status == DrainStatus.OutputFull ? 1 : 0;
        IsClosed = status == DrainStatus.Close;
        Consume(received.Length - buffer.Length);
        return status;
    }

    /// <summary>The client ends its side.</summary>
    public void End()
    {
        if (!IsClosed)
        {
            _dispatcher.FinishInput(Received(), _output);
        }
    }

    public void Dispose() => _dispatcher.Dispose();

    private ReadOnlySequence<byte> Received()
    {
        int[] ends = new int[_held.Count];
        int end = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            end += _held[i].Length;
            ends[i] = end;
        }

        return SegmentedSequence.Of([.. _held.SelectMany(static piece => piece)], ends.AsSpan(0, Math.Max(0, ends.Length - 1)));
    }

    private void Consume(long count)
    {
        while (_held.Count > 0 && _held[0].Length <= count)
        {
            count -= _held[0].Length;
            _held.RemoveAt(0);
        }

        if (count > 0)
        {
            _held[0] = _held[0][(int)count..];
        }
    }
}
