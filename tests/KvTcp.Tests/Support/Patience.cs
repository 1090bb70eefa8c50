using System.Diagnostics;

namespace KvTcp.Tests.Support;

/// <summary>How long tests wait for what has to happen. It is so long that only something that never happens exceeds it.</summary>
internal static class Patience
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Waits for something that no event announces.</summary>
    /// <param name="condition">Is asked again and again.</param>
    /// <param name="what">What is waited for.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Limit)
            {
                throw new TimeoutException($"Waited {Limit.TotalSeconds} s in vain until {what}.");
            }

            await Task.Delay(1);
        }
    }
}
