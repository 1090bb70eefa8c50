using System.Runtime.InteropServices;

namespace KvTcp.Server.Http;

/// <summary>A sum that many threads add to without waiting for one another: each processor has a cache line of its own. Thread-safe.</summary>
internal sealed class StripedCounter
{
    private const int Stripes = 8;

    private readonly Line[] _lines = new Line[Stripes];

    /// <summary>The sum; what is added meanwhile may be in it or not.</summary>
    public long Value
    {
        get
        {
            long sum = 0;
            foreach (ref Line line in _lines.AsSpan())
            {
                sum += Volatile.Read(ref line.Value);
            }

            return sum;
        }
    }

    /// <summary>Adds; nothing is cheapest.</summary>
    public void Add(long amount)
    {
        if (amount != 0)
        {
            Interlocked.Add(ref _lines[Thread.GetCurrentProcessorId() % Stripes].Value, amount);
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 64)]
    private struct Line
    {
        [FieldOffset(0)]
        public long Value;
    }
}
