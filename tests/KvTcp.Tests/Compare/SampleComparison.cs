using KvTcp.Compare;

namespace KvTcp.Tests.Compare;

/// <summary>Figures of four servers: ours, one that is better here and worse there, one that isn't pipelined, one that failed.</summary>
internal static class SampleComparison
{
    private static readonly Machine Machine = new("A Processor", 2, 4L << 30, "Some Linux", "6.1", ".NET 10");

    public static Comparison Create() => new(
        "./run.sh compare --rounds 2", DateTimeOffset.UnixEpoch, Machine, CoreSplit.Of([0, 1]), Pairs: 1000, Rounds: 2, Seconds: 1)
    {
        StartRounds = 2,
        Servers =
        [
            new ServerNote("kvtcp", "1.0", "defaults", 1, null),
            new ServerNote("redis", "7.0", "no files", 1, null),
            new ServerNote("fastapi", "0.9", "workers", 2, null),
            new ServerNote("garnet", null, "no files", 1, "installing: no network | no tool"),
        ],
        Starts =
        [
            new StartResult("kvtcp", 1, 0.1, 0.2, 1 << 20, 3 << 20),
            new StartResult("kvtcp", 2, 0.3, 0.4, 1 << 20, 3 << 20),
            new StartResult("redis", 1, 0.01, 1.5, 1 << 20, 2 << 20),
            new StartResult("fastapi", 1, 0.5, 2.5, 1 << 20, 4 << 20),
        ],
        Requests =
        [
            .. LoadCase.All.SelectMany(static load => (RequestResult[])
            [
                Result("kvtcp", load, 1, 50_000, 5, 0.99),
                Result("kvtcp", load, 2, 150_000, 7, 0.97),
                Result("redis", load, 1, 400_000, 3, 0.5),
                Result("redis", load, 2, 400_000, 3, 0.5),
            ]),
            Result("fastapi", LoadCase.Typical, 1, 5000, 180, 0.1),
            Result("fastapi", LoadCase.Typical, 2, 5000, 180, 0.1),
        ],
        Rates =
        [
            new RateResult("kvtcp", 0.1, 1, 20_000, new WaitTimes(10, 20, 30, 4000), 5, 0, null),
            new RateResult("kvtcp", 0.1, 2, 20_000, new WaitTimes(90, 90, 90, 9000), 95, 0, "it was late"),
            new RateResult("kvtcp", 0.5, 1, 100_000, new WaitTimes(10, 20, 30, 40), 95, 0, "it was late"),
            new RateResult("kvtcp", 0.8, 1, 160_000, new WaitTimes(10, 20, 30, 40), 6, 7, null),
            new RateResult("kvtcp", 0.8, 2, 160_000, new WaitTimes(10, 20, 30, 40), 8, 0, null),
        ],
    };

    private static RequestResult Result(string server, LoadCase load, int round, double rate, double cpu, double generator) =>
        new(server, load, round, rate, cpu, new WaitTimes(cpu, 10 * cpu, 100 * cpu, 1000 * cpu), generator);
}
