using System.Diagnostics.CodeAnalysis;

namespace KvTcp.Cli;

/// <summary>Reads a value from its text.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="text">The text, from the command line, the environment or the settings file.</param>
/// <param name="value">The value.</param>
/// <param name="error">What is wrong, in words that can follow the name of the option.</param>
internal delegate bool ValueParser<T>(string text, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? error);
