using System.CommandLine;

namespace KvTcp.Cli;

/// <summary>Where settings come from, the first that has one wins: command line, environment, settings file, default.</summary>
internal sealed class SettingSources
{
    /// <summary>Separates the values of a list in an environment variable: a colon stands in addresses, a comma in file names.</summary>
    public const char ListSeparator = ';';

    private readonly ParseResult _commandLine;
    private readonly Func<string, string?> _environment;
    private readonly SettingsFile _file;

    /// <summary>Takes the sources.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="environment">Finds an environment variable; an empty one counts as not set.</param>
    /// <param name="file">The settings file.</param>
    public SettingSources(ParseResult commandLine, Func<string, string?> environment, SettingsFile file)
    {
        _commandLine = commandLine;
        _environment = environment;
        _file = file;
    }

    /// <summary>The sources of this process.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <exception cref="CommandException">The settings file is wrong.</exception>
    public static SettingSources OfProcess(ParseResult commandLine) => new(
        commandLine, System.Environment.GetEnvironmentVariable, SettingsFile.Read(Directory.GetCurrentDirectory(), KnownSettings.All));

    /// <summary>The value of a setting, or its default.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="setting">A setting that is no list.</param>
    /// <param name="defaultValue">The default.</param>
    /// <exception cref="CommandException">The value is not one; the message names where it stands.</exception>
    public T Get<T>(Setting<T> setting, T defaultValue)
    {
        (string[] texts, string place) = Find(setting);
        return texts.Length > 0 ? Parse(setting, texts[0], place) : defaultValue;
    }

    /// <summary>The values of a list, or its default.</summary>
    /// <typeparam name="T">The type of a value.</typeparam>
    /// <param name="setting">A setting that is a list.</param>
    /// <param name="defaultValues">The default.</param>
    /// <exception cref="CommandException">A value is not one; the message names where it stands.</exception>
    public IReadOnlyList<T> GetAll<T>(Setting<T> setting, IReadOnlyList<T> defaultValues)
    {
        (string[] texts, string place) = Find(setting);
        return texts.Length > 0 ? [.. texts.Select(text => Parse(setting, text, place))] : defaultValues;
    }

    /// <summary>Whether a setting is set anywhere.</summary>
    /// <param name="setting">The setting.</param>
    public bool Has(Setting setting) => Find(setting).Texts.Length > 0;

    /// <summary>The values of a setting as they were written.</summary>
    /// <param name="setting">The setting.</param>
    /// <returns>The values, none where nothing sets it, and where they stand.</returns>
    public (IReadOnlyList<string> Texts, string Origin) Written(Setting setting)
    {
        (string[] texts, string place) = Find(setting);
        string origin = texts.Length == 0 ? "default"
            : string.Equals(place, setting.Option.Name, StringComparison.Ordinal) ? "command line"
            : string.Equals(place, setting.EnvironmentName, StringComparison.Ordinal) || string.Equals(place, setting.SecondEnvironmentName, StringComparison.Ordinal)
                ? $"environment, {place}"
            : place;
        return (texts, origin);
    }

    /// <summary>An environment variable that is no setting.</summary>
    /// <param name="name">Its name.</param>
    public string? Environment(string name) => _environment(name);

    private static T Parse<T>(Setting<T> setting, string text, string place) => setting.Parse(text, out T? value, out string? error)
        ? value
        : throw new CommandException(ExitCode.Usage, $"{place}: {error}");

    private (string[] Texts, string Place) Find(Setting setting)
    {
        if (setting.Option is Option<string[]> list && _commandLine.GetResult(list) is not null)
        {
            return (_commandLine.GetValue(list) ?? [], list.Name);
        }

        if (setting.Option is Option<string> single && _commandLine.GetValue(single) is string argument)
        {
            return ([argument], single.Name);
        }

        if (setting.ImpliedText is string implied && _commandLine.GetResult(setting.Option) is { Implicit: false })
        {
            return ([implied], setting.Option.Name);
        }

        if (_environment(setting.EnvironmentName) is { Length: > 0 } variable)
        {
            return (setting.IsList ? variable.Split(ListSeparator) : [variable], setting.EnvironmentName);
        }

        if (setting.SecondEnvironmentName is string second && _environment(second) is { Length: > 0 } secondVariable)
        {
            return ([secondVariable], second);
        }

        return (_file.Find(setting) ?? [], SettingsFile.Place(setting.FileName));
    }
}
