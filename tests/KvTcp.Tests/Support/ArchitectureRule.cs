namespace KvTcp.Tests.Support;

/// <summary>What one project under src/ may refer to.</summary>
/// <param name="Project">The project's name.</param>
/// <param name="Allowed">The other KvTcp projects that it may use.</param>
internal sealed record ArchitectureRule(string Project, params string[] Allowed)
{
    /// <summary>Assemblies of the platform that it may not use; a name that ends in a dot stands for all that start so.</summary>
    public string[] Forbidden { get; init; } = [];

    /// <summary>The only types that it may use of a project, where not all of them are its business.</summary>
    public string[] OnlyTypes { get; init; } = [];

    /// <summary>The references that break the rule; none when it holds.</summary>
    public IEnumerable<string> Violations(AssemblyReferences references) =>
        references.Assemblies.Where(IsForbidden).Select(assembly => $"{Project} uses {assembly}")
            .Concat(references.Types
                .Where(type => OnlyTypes.Length > 0 && IsOurs(type.Assembly) && !OnlyTypes.Contains(type.Type, StringComparer.Ordinal))
                .Select(type => $"{Project} uses {type.Type}"));

    /// <summary>The same for the projects, packages and frameworks that a project file names.</summary>
    public IEnumerable<string> Violations(IEnumerable<string> references) =>
        references.Where(IsForbidden).Select(reference => $"{Project} refers to {reference}");

    private bool IsForbidden(string name) =>
        (IsOurs(name) && !Allowed.Contains(name, StringComparer.Ordinal)) ||
        Forbidden.Any(forbidden => forbidden.EndsWith('.')
            ? name.StartsWith(forbidden, StringComparison.Ordinal)
            : string.Equals(name, forbidden, StringComparison.Ordinal));

    // The program's assembly has the name of the command, kvtcp.
    private static bool IsOurs(string name) =>
        name.StartsWith("KvTcp.", StringComparison.Ordinal) || string.Equals(name, "kvtcp", StringComparison.Ordinal);
}
