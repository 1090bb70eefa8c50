using System.Diagnostics;
using KvTcp.Soak;
using NUnit.Framework;

namespace KvTcp.Tests.Soak;

[TestFixture]
public sealed class GenerationsTests
{
    private const int HitInAll = 1;
    private const int MissInFirst = 16;

    private readonly KnownPairs _pairs = new(100, seed: 1);

    [Test]
    public void Only_values_of_what_is_served_are_right()
    {
        Generations generations = new(_pairs);
        Assert.That(Fault(generations, HitInAll, 0), Is.Null);
        Assert.That(Fault(generations, HitInAll, 1), Does.Contain("not all from one of generation 0"));
        Assert.That(generations.FaultIn([HitInAll], [null], Now), Does.Contain("a miss"));
    }

    [Test]
    public void Misses_are_of_a_generation_too()
    {
        Generations generations = new(_pairs);
        Assert.That(generations.FaultIn([MissInFirst], [null], Now), Is.Null);
        generations.Begin(1);
        generations.Settle();
        Assert.That(generations.FaultIn([MissInFirst], [null], Now), Is.Not.Null);
    }

    [Test]
    public void While_a_reload_is_under_way_both_are_right_and_afterwards_only_what_was_asked_before_may_be_old()
    {
        Generations generations = new(_pairs);
        long before = Now;
        generations.Begin(1);
        Assert.That((Fault(generations, HitInAll, 0), Fault(generations, HitInAll, 1)), Is.EqualTo(((string?)null, (string?)null)));
        generations.Settle();
        Assert.That(generations.FaultIn([HitInAll], [_pairs.Value(HitInAll, 0)], before), Is.Null, "asked before it was done");
        Assert.That(Fault(generations, HitInAll, 0), Is.Not.Null, "asked after it was done");
        Assert.That(Fault(generations, HitInAll, 1), Is.Null);
    }

    [Test]
    public void Reply_to_several_keys_is_of_one_generation()
    {
        Generations generations = new(_pairs);
        generations.Begin(1);
        string?[] mixed = [_pairs.Value(HitInAll, 0), _pairs.Value(HitInAll + 1, 1)];
        Assert.That(generations.FaultIn([HitInAll, HitInAll + 1], mixed, Now), Is.Not.Null);
    }

    [Test]
    public void After_a_rollback_the_earlier_one_is_right_again_and_the_later_one_no_more()
    {
        Generations generations = new(_pairs);
        generations.Begin(1);
        generations.Settle();
        generations.Begin(0);
        generations.Settle();
        Assert.That(Fault(generations, HitInAll, 0), Is.Null);
        Assert.That(Fault(generations, HitInAll, 1), Is.Not.Null);
    }

    private static long Now => Stopwatch.GetTimestamp();

    private string? Fault(Generations generations, int key, int of) => generations.FaultIn([key], [_pairs.Value(key, of)], Now);
}
