namespace KvTcp.LoadGen;

/// <summary>One thread's part of the rate of a run: of three threads, for instance, every third request. Immutable.</summary>
/// <param name="Rate">Requests a second of all threads.</param>
/// <param name="Thread">Which thread, from 0.</param>
/// <param name="Threads">How many there are.</param>
internal readonly record struct RateShare(double Rate, int Thread, int Threads);
