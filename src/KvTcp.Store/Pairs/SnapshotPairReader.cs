namespace KvTcp.Store;

/// <summary>Reads the pairs of a snapshot in the order of its index. A position is a place in that.</summary>
internal sealed class SnapshotPairReader : PairReader
{
    private readonly Pair[] _pair = new Pair[1];
    private readonly OpenedSource _source;
    private readonly Dataset _dataset;
    private long _position;

    public SnapshotPairReader(OpenedSource source, DataFileOptions options, ProgressMeter meter, CancellationToken cancellationToken)
    {
        _source = source;
        _dataset = SnapshotOpening.Open(source, options with { Snapshots = SnapshotLoad.Verify }, meter, cancellationToken).Dataset;
    }

    public override long Done => Volatile.Read(ref _position);

    public override long Total => _dataset.ScanEnd;

    public override void SkipTo(long position)
    {
        if (position > _dataset.ScanEnd)
        {
            throw new DataFileException($"{_source.Name} is another snapshot than it was: it has no place {position}", new LoadReport());
        }

        Volatile.Write(ref _position, position);
    }

    public override bool TryRead(PairBlock block)
    {
        block.Clear();
        long position = _position;
        // One by one, so that the block ends where the position is.
        while (!block.IsFull && _dataset.Scan(ref position, _pair) == 1)
        {
            block.Add(_pair[0].Key, _pair[0].Value);
        }

        Volatile.Write(ref _position, position);
        block.End = position;
        return block.Count > 0;
    }

    protected override void Dispose(bool disposing)
    {
        _dataset.Dispose();
        _source.Dispose();
    }
}
