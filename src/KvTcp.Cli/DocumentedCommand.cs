using System.CommandLine;

namespace KvTcp.Cli;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class DocumentedCommand : Command
{
    /// <summary>Makes the command.</summary>
    /// <param name="name">The word that calls it.</param>
    /// <param name="description">What it does.</param>
    /// <param name="examples">Command lines, one a line.</param>
    public DocumentedCommand(string name, string description, string examples)
        : base(name, description) => Examples = examples;

    public string Examples { get; }

    /// <summary>What else to know, after the examples.</summary>
    public string? Notes { get; init; }
}
