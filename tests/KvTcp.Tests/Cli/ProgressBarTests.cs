using KvTcp.Cli;
using NUnit.Framework;
using Spectre.Console;

namespace KvTcp.Tests.Cli;

public sealed class ProgressBarTests
{
    [Test]
    public async Task ShowAsync_of_work_that_is_done_in_time_opens_no_terminal()
    {
        bool isOpened = false;
        await ProgressBar.ShowAsync("Work", Task.CompletedTask, new WorkProgress(), TimeSpan.FromHours(1), () =>
        {
            isOpened = true;
            throw new InvalidOperationException();
        });
        Assert.That(isOpened, Is.False);
    }

    [TestCase(0, TestName = "ShowAsync_of_work_of_unknown_length_draws_until_it_is_done")]
    [TestCase(100, TestName = "ShowAsync_of_work_of_known_length_draws_until_it_is_done")]
    public async Task ShowAsync_of_long_work_draws_until_it_is_done(long total)
    {
        TaskCompletionSource work = new();
        using StringWriter written = new();
        WorkProgress progress = new(total);
        Task shown = ProgressBar.ShowAsync("Work [x]", work.Task, progress, TimeSpan.Zero, () => Terminal(written, work));
        progress.Report(50);
        await shown;
        Assert.That(written.ToString(), Does.Contain("Work [x]"));
    }

    [Test]
    public void ShowAsync_of_work_that_fails_fails()
    {
        Task work = Task.FromException(new IOException("odd"));
        Assert.That(
            () => ProgressBar.ShowAsync("Work", work, new WorkProgress(), TimeSpan.FromHours(1), static () => throw new InvalidOperationException()),
            Throws.TypeOf<IOException>().With.Message.EqualTo("odd"));
    }

    private static IAnsiConsole Terminal(StringWriter written, TaskCompletionSource work)
    {
        work.TrySetResult();
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(written),
        });
    }
}
