using System.Net;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

/// <summary>What the log tells of clients that are turned away.</summary>
public class RefusalsTests
{
    private static readonly IPEndPoint Client = new(IPAddress.Parse("192.0.2.7"), 4711);

    private static readonly string[] Reasons = Enum.GetNames<Refusal>();

    [Test]
    public void Thousands_of_one_kind_are_one_line_until_some_time_has_passed()
    {
        Refusals refusals = new();
        RecordedLog log = new();
        for (int beat = 0; beat < 5; beat++)
        {
            for (int i = 0; i < 1_000; i++)
            {
                refusals.Note(Refusal.AddressLimit, Client);
            }

            refusals.OnHeartbeat(log);
        }

        string[] lines = [.. log.Texts(LogLevel.Information)];
        Assert.That(lines, Has.Length.EqualTo(1));
        Assert.That(lines[0], Does.StartWith("1000 connections refused: their address has too many").And.Contain("192.0.2.7:4711"));
        Assert.That(refusals.Count(Refusal.AddressLimit), Is.EqualTo(5_000));

        refusals.LogRest(log);
        Assert.That(log.Texts(LogLevel.Information).Last(), Does.StartWith("4000 connections refused"), "none is lost");
    }

    [TestCaseSource(nameof(Reasons))]
    public void Every_reason_has_a_line_of_its_own(string name)
    {
        Refusal reason = Enum.Parse<Refusal>(name);
        Refusals refusals = new();
        RecordedLog log = new();
        refusals.Note(reason, Client);
        refusals.Note(reason == Refusal.HeldOff ? Refusal.LineTooLong : Refusal.HeldOff, client: null);
        refusals.OnHeartbeat(log);
        string[] lines = [.. log.Texts(LogLevel.Information)];
        Assert.That(lines, Has.Length.EqualTo(2).And.Exactly(1).Contains("192.0.2.7:4711").And.Exactly(1).Contains("a Unix socket"));
        Assert.That(log.Texts(LogLevel.Warning).Count(), Is.EqualTo(reason is Refusal.IdleTimeout or Refusal.HttpIdleTimeout ? 1 : 2), "who does not use a connection is no trouble");
    }
}
