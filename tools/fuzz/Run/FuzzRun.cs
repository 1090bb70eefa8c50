using System.Diagnostics;

namespace KvTcp.Fuzz;

/// <summary>What came of a run.</summary>
/// <param name="Target">The name of the target.</param>
/// <param name="Inputs">How many inputs were checked.</param>
/// <param name="Duration">In how long.</param>
/// <param name="Finding">The first thing that went wrong, which ended the run; or null.</param>
internal sealed record FuzzResult(string Target, long Inputs, TimeSpan Duration, Finding? Finding);

/// <summary>Checks inputs of one target on some threads, for some time or until the first finding.</summary>
internal sealed class FuzzRun
{
    /// <summary>An input that takes longer is a finding: the slowest take milliseconds.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    private readonly string _name;
    private readonly Func<FuzzTarget> _create;
    private readonly Journal _journal;
    private readonly Thread[] _threads;
    private readonly long[] _inputs;
    private readonly ulong _seed;
    private volatile Finding? _finding;
    private volatile bool _isOver;

    private FuzzRun(string name, Func<FuzzTarget> create, ulong seed, int threads, Journal journal)
    {
        _name = name;
        _create = create;
        _seed = seed;
        _journal = journal;
        _inputs = new long[threads];
        _threads = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() => Work(thread)) { IsBackground = true, Name = $"fuzz {name} {thread}" })];
    }

    /// <summary>Runs.</summary>
    /// <param name="name">The name of the target.</param>
    /// <param name="create">Makes the target, once for each thread.</param>
    /// <param name="seed">The seed of the first input; each of the others has the next one.</param>
    /// <param name="duration">How long.</param>
    /// <param name="threads">How many threads.</param>
    /// <param name="directory">Where the journal is kept meanwhile.</param>
    /// <param name="patience">How long one input may take.</param>
    /// <param name="cancellationToken">Ends the run early.</param>
    public static FuzzResult Run(
        string name, Func<FuzzTarget> create, ulong seed, TimeSpan duration, int threads, string directory, TimeSpan patience, CancellationToken cancellationToken)
    {
        using Journal journal = new(directory, name, threads);
        FuzzRun run = new(name, create, seed, threads, journal);
        Stopwatch watch = Stopwatch.StartNew();
        Array.ForEach(run._threads, static thread => thread.Start());
        run.Watch(watch, duration, patience, cancellationToken);
        return new FuzzResult(name, run._inputs.Sum(), watch.Elapsed, run._finding);
    }

    private void Work(int thread)
    {
        using FuzzTarget target = _create();
        InputSearch search = new(_name, target);
        for (ulong seed = _seed + (ulong)thread; !_isOver; seed += (ulong)_threads.Length)
        {
            _journal.Write(thread, seed);
            if (search.Try(seed) is Finding finding)
            {
                _finding = finding;
                _isOver = true;
            }

            Volatile.Write(ref _inputs[thread], _inputs[thread] + 1);
        }
    }

    /// <summary>Waits for the end of the run, and looks meanwhile whether all threads get on.</summary>
    private void Watch(Stopwatch watch, TimeSpan duration, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _threads.Length; i++)
        {
            long inputs = -1;
            TimeSpan since = watch.Elapsed;
            while (!_threads[i].Join(TimeSpan.FromMilliseconds(50)))
            {
                _isOver |= watch.Elapsed >= duration || cancellationToken.IsCancellationRequested;
                long now = Volatile.Read(ref _inputs[i]);
                (inputs, since) = now == inputs ? (inputs, since) : (now, watch.Elapsed);
                if (watch.Elapsed - since > patience)
                {
                    // It cannot be stopped; the process does not wait for it.
                    ulong seed = _journal.Read(i);
                    using FuzzTarget target = _create();
                    _finding ??= new Finding(_name, seed, new InputSearch(_name, target).Make(seed).ToArray(), $"no end within {patience.TotalSeconds} s");
                    _isOver = true;
                    break;
                }
            }
        }
    }
}
