using KvTcp.Protocol;
using KvTcp.Server.Engine;
using KvTcp.Server.Metrics;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// A connection's access to the dataset: which keys it accepts, the batch of keys that it gathers, and the lease that keeps the
/// dataset in memory while their values are being written. One thread at a time, but for <see cref="Held"/>.
/// </summary>
/// <remarks>A dataset answers at once. Where an engine stands in its place, <see cref="TryAnswerBatch"/> says that its answers have to be waited for.</remarks>
internal sealed class KeyLookups : IDisposable
{
    private readonly DatasetHolder _datasets;
    private readonly RequestSamples _samples;
    private readonly EngineLookups? _engine;
    private LookupBatch? _batch;
    private ServedDataset? _held;
    private DatasetLease _lease;

    /// <summary>Makes the lookups of a new connection.</summary>
    /// <param name="options">Which keys are accepted, and how many.</param>
    /// <param name="datasets">Where to look up.</param>
    /// <param name="counters">Where hits, misses and malformed keys are counted.</param>
    /// <param name="samples">Where some keys are noted.</param>
    /// <param name="engine">What answers instead of a dataset, if anything.</param>
    public KeyLookups(ServerOptions options, DatasetHolder datasets, ConnectionCounters counters, RequestSamples samples, RedisEngine? engine = null)
    {
        _engine = engine is null ? null : new EngineLookups(engine, counters);
        _samples = samples;
        RequireVersion4 = options.RequireVersion4;
        MaxKeys = options.MaxKeys;
        _datasets = datasets;
        Counters = counters;
    }

    /// <summary>Whether only UUIDs of version 4 are keys.</summary>
    public bool RequireVersion4 { get; }

    /// <summary>The most keys of one request.</summary>
    public int MaxKeys { get; }

    /// <summary>What the connection has done.</summary>
    public ConnectionCounters Counters { get; }

    /// <summary>Counts the requests that are no answered GET.</summary>
    public CommandCounts Commands => _samples.Commands;

    /// <summary>The keys being looked up and the replies not yet written; empty after <see cref="Release"/>.</summary>
    public LookupBatch Batch => _batch ??= _engine is null ? LookupBatch.Rent() : _engine.Engine.RentBatch();

    /// <summary>What answers instead of a dataset; null for none.</summary>
    public RedisEngine? Engine => _engine?.Engine;

    /// <summary>Whether the batch waits for an engine: <see cref="WaitAsync"/>, then <see cref="TryAnswerBatch"/> again.</summary>
    public bool IsWaiting => _engine is { IsWaiting: true };

    /// <summary>Why nothing can be asked for at the moment; empty when it can.</summary>
    public ReadOnlySpan<byte> WhyNothingIsServed() =>
        _engine is null ? (Hold() is null ? ErrorText.Loading : default)
        : _engine.Engine.Health.IsReached ? default : ErrorText.EngineLoading;

    /// <summary>The dataset that the connection has a lease on, if any. Any thread may ask.</summary>
    public ServedDataset? Held => Volatile.Read(ref _held);

    /// <summary><see cref="Held"/>, if it is served no more. Any thread may ask.</summary>
    public ServedDataset? HeldOld => Held is ServedDataset held && held != _datasets.Current ? held : null;

    /// <summary>Parses an argument as a key.</summary>
    public bool TryParse(ReadOnlySpan<byte> argument, out Guid key) => RequestParser.TryParseKey(argument, RequireVersion4, out key);

    /// <summary>Takes a lease, unless there is one: until <see cref="Release"/> everything is answered from one dataset.</summary>
    /// <returns>The dataset; null while nothing is loaded.</returns>
    public ServedDataset? Hold()
    {
        if (_held is null && _datasets.TryAcquire(out ServedDataset? served, out _lease))
        {
            Volatile.Write(ref _held, served);
        }

        return _held;
    }

    /// <summary>Resolves the batch and writes its replies.</summary>
    /// <param name="writer">Receives them.</param>
    /// <param name="limit">How much the writer may have written in all.</param>
    /// <returns>Whether the batch is empty; if not, there is no room, or <see cref="IsWaiting"/>.</returns>
    public bool TryAnswerBatch<TWriter>(ref TWriter writer, long limit)
        where TWriter : struct, IValueWriter, allows ref struct
    {
        LookupBatch batch = Batch;
        while (!batch.IsEmpty)
        {
            if ((!batch.Unanswered.IsEmpty && !TryResolve()) || !batch.TryWriteReplies(ref writer, limit))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Waits for the engine.</summary>
    public Task WaitAsync() => _engine?.WaitAsync() ?? Task.CompletedTask;

    /// <summary>Answers a malformed key.</summary>
    public void WriteBadKey(ref ReplyWriter writer)
    {
        CountMalformed();
        writer.WriteError(ErrorCode.BadKey, RequireVersion4 ? ErrorText.BadKeyVersion4 : ErrorText.BadKey);
    }

    /// <summary>Counts a malformed key.</summary>
    public void CountMalformed() => Counters.KeyErrors++;

    /// <summary>Lets go of the batch and of the dataset; they are taken again when needed.</summary>
    /// <param name="keepsDataset">Whether to keep the dataset, for a request whose other keys have still to come.</param>
    public void Release(bool keepsDataset = false)
    {
        if (_batch is not null)
        {
            if (_engine is null)
            {
                LookupBatch.Return(_batch);
            }
            else
            {
                _engine.Release(_batch);
            }

            _batch = null;
        }

        if (_held is not null && !keepsDataset)
        {
            Volatile.Write(ref _held, null);
            _lease.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    /// <summary>Looks up the keys of the batch; where there is no engine, a dataset is held.</summary>
    /// <returns>Whether there are results; if not, they have to be waited for.</returns>
    private bool TryResolve()
    {
        LookupBatch batch = Batch;
        if (_engine is null)
        {
            int hits = batch.Resolve(_lease.Dataset);
            Counters.KeyHits += hits;
            Counters.KeyMisses += batch.Count - hits;
        }
        else if (!_engine.TryResolve(batch))
        {
            return false;
        }

        if (RequestSamples.IsBatchDue())
        {
            (Guid key, bool isHit) = batch.PickOne();
            _samples.Add(key, isHit);
        }

        return true;
    }
}
