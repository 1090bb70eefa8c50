using NUnit.Framework;
using NUnit.Framework.Internal;

// Most tests wait for a process or a socket, so more fixtures than processors may run at a time.
[assembly: Parallelizable(ParallelScope.Fixtures)]

namespace KvTcp.Tests;

/// <summary>
/// Marks a fixture that measures what the whole process or the whole machine does, and so runs alone. `./run.sh test` runs those of
/// the category in a process of their own without NUnit's parallel workers: a worker that waits for tests that are not its own spins,
/// and allocates while it does.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AloneAttribute : ParallelizableAttribute
{
    /// <summary>Marks a fixture.</summary>
    public AloneAttribute()
        : base(ParallelScope.None) =>
        Properties.Add(PropertyNames.Category, "Alone");
}
