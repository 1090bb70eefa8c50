using NUnit.Framework;

// Most tests wait for a process or a socket, so more fixtures than processors may run at a time. Those that measure what the whole
// process or the whole machine does are marked NonParallelizable and run afterwards, alone.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]
