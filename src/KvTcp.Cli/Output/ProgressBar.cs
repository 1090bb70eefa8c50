using Spectre.Console;

namespace KvTcp.Cli;

/// <summary>Shows a bar on standard error while work goes on, when that is a terminal and the work takes over a second.</summary>
internal static class ProgressBar
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for work.</summary>
    /// <param name="title">What the work does.</param>
    /// <param name="work">The work.</param>
    /// <param name="progress">How far it is.</param>
    public static Task ShowAsync(string title, Task work, WorkProgress progress) => Console.IsErrorRedirected
        ? work
        : ShowAsync(title, work, progress, Patience, static () => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    /// <summary>Waits for work, with the terminal and the patience that a test chooses.</summary>
    /// <param name="title">What the work does.</param>
    /// <param name="work">The work.</param>
    /// <param name="progress">How far it is.</param>
    /// <param name="patience">How long the work may take without a bar.</param>
    /// <param name="open">Opens the terminal.</param>
    internal static async Task ShowAsync(string title, Task work, WorkProgress progress, TimeSpan patience, Func<IAnsiConsole> open)
    {
        if (await Task.WhenAny(work, Task.Delay(patience)) != work)
        {
            await DrawAsync(title, work, progress, open());
        }

        await work;
    }

    private static Task DrawAsync(string title, Task work, WorkProgress progress, IAnsiConsole terminal) => terminal
        .Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(progress.Total, 1));
            while (!work.IsCompleted)
            {
                bar.IsIndeterminate = progress.Total == 0;
                bar.MaxValue = Math.Max(progress.Total, 1);
                bar.Value = progress.Done;
                await Task.WhenAny(work, Task.Delay(Redraw));
            }
        });
}
