using KvTcp.Cli;
using KvTcp.LoadGen;
using KvTcp.Tests.LoadGen.Reporting;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Command;

public sealed class ResultJudgementTests
{
    [Test]
    public void ThrowIfBad_of_a_server_that_did_not_keep_up_is_1() => Assert.That(
        static () => ResultJudgement.ThrowIfBad(SampleReport.Of(SampleReport.Overloaded())),
        Throws.InstanceOf<CommandException>().With.Property(nameof(CommandException.ExitCode)).EqualTo(ResultJudgement.Invalid)
            .And.Message.StartsWith("the server did not keep up, so the percentiles are too low"));

    [Test]
    public void ThrowIfBad_of_an_invalid_run_blames_the_generator_alone() => Assert.That(
        static () => ResultJudgement.ThrowIfBad(SampleReport.Of(SampleReport.Overloaded() with { InvalidReason = "why" })),
        Throws.InstanceOf<CommandException>().With.Property(nameof(CommandException.ExitCode)).EqualTo(ResultJudgement.Invalid)
            .And.Message.StartsWith("the run is invalid"));

    [Test]
    public void ThrowIfBad_of_a_sweep_of_rates_accepts_steps_that_are_too_much() => Assert.That(
        static () => ResultJudgement.ThrowIfBad(SampleReport.Of(
            ReportKind.RateSweep, new NamedRun("40/s", SampleReport.Run()), new NamedRun("80/s", SampleReport.Overloaded()))),
        Throws.Nothing);
}
