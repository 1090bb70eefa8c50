using System.CommandLine;

namespace KvTcp.Cli;

/// <summary>
/// Something that can be set on the command line, in the environment and in the settings file, under names that follow from one
/// another: <c>--max-connections</c>, <c>KVTCP_MAX_CONNECTIONS</c>, <c>MaxConnections</c>. Immutable.
/// </summary>
internal abstract class Setting
{
    private protected Setting(string name, string helpName, string description, string defaultText, bool isList, bool needsValue)
    {
        DefaultText = defaultText;
        IsList = isList;
        FileName = string.Concat(name[2..].Split('-').Select(static word => char.ToUpperInvariant(word[0]) + word[1..]));
        EnvironmentName = "KVTCP_" + name[2..].Replace('-', '_').ToUpperInvariant();
        string help = defaultText.Length > 0 ? $"{description} [default: {defaultText}]" : description;
        Option = isList
            ? new Option<string[]>(name) { HelpName = helpName, Description = help, Arity = ArgumentArity.OneOrMore }
            : new Option<string>(name) { HelpName = helpName, Description = help, Arity = needsValue ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne };
    }

    /// <summary>The option of the command line; it yields text, which <see cref="Setting{T}.Parse"/> reads.</summary>
    public Option Option { get; }

    public string EnvironmentName { get; }

    /// <summary>A second environment variable, which holds a single value as it is; the first one goes before it.</summary>
    public string? SecondEnvironmentName { get; init; }

    /// <summary>The value of an option that stands without one; null when it needs one.</summary>
    public string? ImpliedText { get; private protected init; }

    /// <summary>The name in the section KvTcp of the settings file.</summary>
    public string FileName { get; }

    public string DefaultText { get; }

    /// <summary>Whether it may be given more than once.</summary>
    public bool IsList { get; }
}

/// <summary>A setting with its type and its default.</summary>
/// <typeparam name="T">The type of a value.</typeparam>
internal sealed class Setting<T> : Setting
{
    /// <summary>Makes a setting.</summary>
    /// <param name="name">The option, such as <c>--max-connections</c>.</param>
    /// <param name="helpName">What stands for the value in the help.</param>
    /// <param name="description">What it does.</param>
    /// <param name="parse">Reads a value.</param>
    /// <param name="defaultText">The default as the user would write it; empty when there is none.</param>
    /// <param name="isList">Whether it may be given more than once.</param>
    /// <param name="impliedText">The value of an option that stands without one; null when it needs one.</param>
    public Setting(
        string name,
        string helpName,
        string description,
        ValueParser<T> parse,
        string defaultText,
        bool isList = false,
        string? impliedText = null)
        : base(name, helpName, description, defaultText, isList, needsValue: impliedText is null)
    {
        Parse = parse;
        ImpliedText = impliedText;
    }

    public ValueParser<T> Parse { get; }
}
