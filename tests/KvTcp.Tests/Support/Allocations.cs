namespace KvTcp.Tests.Support;

/// <summary>What work allocates on the thread that does it.</summary>
internal static class Allocations
{
    private const int Rounds = 3;

    /// <summary>Does work up to three times.</summary>
    /// <returns>
    /// The bytes that the least of them allocated: what the work itself needs, it needs every time, and what the runtime allocates to
    /// load a type or to compile a loop anew, it allocates once.
    /// </returns>
    public static long Least(Action work)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
