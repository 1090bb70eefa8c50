using System.CommandLine;
using System.CommandLine.Completions;

namespace KvTcp.Cli;

/// <summary>What completions and the manual tell of an option.</summary>
/// <param name="Names">Its names, the long one last.</param>
/// <param name="Value">What stands for its value; null for an option without one.</param>
/// <param name="NeedsValue">Whether it may not stand alone.</param>
/// <param name="Words">The words that its value may be; empty when it may be other text.</param>
/// <param name="Description">What it does.</param>
internal sealed record OptionText(IReadOnlyList<string> Names, string? Value, bool NeedsValue, IReadOnlyList<string> Words, string Description)
{
    /// <summary>The name that the documents use.</summary>
    public string Name => Names[^1];

    /// <summary>Whether its value may name a file.</summary>
    public bool IsPath => Value is not null && (Value.Contains("PATH", StringComparison.Ordinal) || Value.Contains("FILE", StringComparison.Ordinal));

    /// <summary>The options that a command line may have behind a command.</summary>
    /// <param name="root">The program.</param>
    /// <param name="command">The command, or <paramref name="root"/> for those before any.</param>
    public static IReadOnlyList<OptionText> Of(RootCommand root, Command command)
    {
        IEnumerable<Option> inherited = command == root ? [] : root.Options.Where(static option => option.Recursive);
        return [.. command.Options.Concat(inherited).Where(static option => !option.Hidden).Select(Of)];
    }

    /// <summary>The words that the arguments of a command may be; none where they may be other text.</summary>
    /// <param name="command">The command.</param>
    public static IReadOnlyList<string> WordsOfArguments(Command command) =>
        [.. command.Arguments.SelectMany(static argument => argument.GetCompletions(CompletionContext.Empty)).Select(static item => item.Label)];

    private static OptionText Of(Option option)
    {
        bool hasValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
        string? value = hasValue ? option.HelpName ?? "VALUE" : null;
        string[] words = value is not null && value.Contains('|', StringComparison.Ordinal) ? value.Split('|') : [];
        return new OptionText(
            [.. option.Aliases.Order(StringComparer.Ordinal), option.Name],
            value,
            option.Arity.MinimumNumberOfValues > 0,
            Array.TrueForAll(words, static word => word.All(static c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_')) ? words : [],
            option.Description ?? "");
    }
}
