using System.CommandLine;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary><c>kvtcp generate</c>: writes a data file of random pairs.</summary>
internal static class GenerateCommand
{
    private const string Examples = """
        kvtcp generate --count 10000 -o some.data
        kvtcp generate --count 1000000 --seed 7 --value-length 100-1KiB -o large.data
        kvtcp generate --count 1000000 -o - | gzip > some.data.gz
        """;

    private const int DefaultSeed = 1;

    /// <summary>More lines than any machine loads, and few enough that no counter overflows.</summary>
    private const long MaxCount = 1_000_000_000_000;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);

    private static readonly Option<string> Count = new("--count") { HelpName = "N", Description = "How many lines", Required = true };

    private static readonly Option<string> Seed = new("--seed")
    {
        HelpName = "S",
        Description = $"Decides all keys and values: equal seeds, equal files [default: {DefaultSeed}]",
    };

    private static readonly Option<string> ValueLength = new("--value-length")
    {
        HelpName = "MIN-MAX",
        Description = "How long the values are, in bytes; the lengths are spread evenly " +
            $"[default: {DataFileGenerator.DefaultMinValueLength}-{DataFileGenerator.DefaultMaxValueLength}]",
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        HelpName = "FILE",
        Description = "The file to write; - is standard output",
        Required = true,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("generate", "Generate a data file of random pairs.", Examples) { Count, Seed, ValueLength, Output };
        command.SetAction(static (result, _) =>
        {
            (int Min, int Max) lengths = (DataFileGenerator.DefaultMinValueLength, DataFileGenerator.DefaultMaxValueLength);
            return RunAsync(
                Get(result, Output, ValueParsers.Path, "-"),
                Get(result, Count, ValueParsers.Integer(0, MaxCount), 0),
                (int)Get(result, Seed, ValueParsers.Integer(int.MinValue, int.MaxValue), DefaultSeed),
                Get(result, ValueLength, ValueParsers.SizeRange(DataFileOptions.LargestMaxValueLength), lengths));
        });
        return command;
    }

    private static T Get<T>(ParseResult result, Option<string> option, ValueParser<T> parse, T defaultValue)
    {
        if (result.GetValue(option) is not string text)
        {
            return defaultValue;
        }

        return parse(text, out T? value, out string? error)
            ? value
            : throw new CommandException(ExitCode.Usage, $"{option.Name}: {error}");
    }

    private static async Task<int> RunAsync(string path, long count, int seed, (int Min, int Max) lengths)
    {
        using Signals signals = new();
        using CancellationTokenSource stop = new();
        Task<OutputFile> opening = Task.Run(() => OutputFile.Create(path));
        // A pipe opens when somebody reads it. A file opens at once, and is then removed below.
        if (await Task.WhenAny(opening, signals.First) == signals.First && await Task.WhenAny(opening, Task.Delay(StopPatience)) != opening)
        {
            return ExitCode.ForSignal(await signals.First);
        }

        using OutputFile output = await opening;
        WorkProgress progress = new(count);
        Task write = Task.Run(() => DataFileGenerator.Write(output.Stream, count, seed, lengths.Min, lengths.Max, progress, stop.Token));
        Task shown = ProgressBar.ShowAsync("Generating", write, progress);
        if (await Task.WhenAny(shown, signals.First) == signals.First)
        {
            await stop.CancelAsync();
            // A write into a pipe that nobody reads does not notice.
            await Task.WhenAny(shown, Task.Delay(StopPatience));
            return ExitCode.ForSignal(await signals.First);
        }

        try
        {
            await shown;
        }
        catch (ArgumentOutOfRangeException e)
        {
            // That is what .NET makes of EFBIG.
            throw new CommandException(
                ExitCode.InputOutput, $"{path} would be too large for the file system or for the limit of the shell", e);
        }

        output.Complete();
        return ExitCode.Success;
    }
}
