using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace KvTcp.Tests.Support;

/// <summary>What an assembly uses of others, read from its metadata without loading it.</summary>
/// <param name="Assemblies">The names of the referenced assemblies.</param>
/// <param name="Types">The full names of the referenced types, by assembly; of a nested type, the outermost.</param>
internal sealed record AssemblyReferences(IReadOnlyCollection<string> Assemblies, IReadOnlyCollection<(string Assembly, string Type)> Types)
{
    public static AssemblyReferences Read(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        return new AssemblyReferences(
            [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))],
            [.. metadata.TypeReferences.Select(handle => metadata.GetTypeReference(handle))
                .Where(type => type.ResolutionScope.Kind == HandleKind.AssemblyReference)
                .Select(type => (
                    metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name),
                    $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}"))]);
    }
}
