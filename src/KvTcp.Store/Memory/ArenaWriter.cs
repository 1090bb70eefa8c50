using System.Runtime.CompilerServices;
using KvTcp.Store.Index;

namespace KvTcp.Store.Memory;

/// <summary>One worker's place in a <see cref="RecordArena"/>: appends records to the worker's extent.</summary>
internal sealed unsafe class ArenaWriter
{
    private readonly RecordArena _arena;
    private readonly List<RecordRun> _runs = [];
    private byte* _position;
    private byte* _end;
    private byte* _runStart;

    public ArenaWriter(RecordArena arena) => _arena = arena;

    /// <summary>Starts a new list of runs.</summary>
    public void Begin()
    {
        _runs.Clear();
        _runStart = _position;
    }

    /// <summary>Where the records since <see cref="Begin"/> lie, in the order they were appended; offsets grow.</summary>
    public RecordRun[] Finish()
    {
        CloseRun();
        return [.. _runs];
    }

    /// <summary>Appends a record.</summary>
    /// <remarks><see cref="Record.Slack"/> bytes behind the value must be readable.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(ulong keyLow, ulong keyHigh, byte* value, int length)
    {
        if (_end - _position < length + Record.MaxOverhead + Record.Slack)
        {
            NextExtent();
        }

        _position = Record.Write(_position, keyLow, keyHigh, value, length);
    }

    /// <summary>Gives the rest of the extent back; nothing can be appended to it any more.</summary>
    public void ReleaseRest()
    {
        CloseRun();
        if (_position != null)
        {
            // What may be read behind the last record stays.
            byte* used = _position + Record.Slack;
            _arena.Region.Discard(used - _arena.Region.Address, _end - used);
            _end = _position;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NextExtent()
    {
        CloseRun();
        (long start, long end) = _arena.Claim();
        _position = _arena.Region.Address + start;
        _end = _arena.Region.Address + end;
        _runStart = _position;
    }

    private void CloseRun()
    {
        if (_position > _runStart)
        {
            byte* region = _arena.Region.Address;
            _runs.Add(new RecordRun(_runStart - region, _position - region));
        }

        _runStart = _position;
    }
}
