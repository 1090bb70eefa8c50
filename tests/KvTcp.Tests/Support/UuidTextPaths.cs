using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using KvTcp.Protocol;

namespace KvTcp.Tests.Support;

/// <summary>The ways through <see cref="UuidText"/> that this processor can take, so that each test runs all of them.</summary>
internal static class UuidTextPaths
{
    public delegate bool Parser(ReadOnlySpan<byte> text, out Guid value);

    public delegate void Formatter(Guid value, Span<byte> destination);

    private static bool HasVector128 => Ssse3.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>The inner paths take exactly 36 bytes: the caller has checked the length.</summary>
    public static IEnumerable<(string Name, Parser TryParse)> Parsers()
    {
        yield return ("TryParse", UuidText.TryParse);
        yield return ("TryParseScalar", (ReadOnlySpan<byte> text, out Guid value) =>
            UuidText.TryParseScalar(ref MemoryMarshal.GetReference(text), out value));
        if (HasVector128)
        {
            yield return ("TryParseVector128", (ReadOnlySpan<byte> text, out Guid value) =>
                UuidText.TryParseVector128(ref MemoryMarshal.GetReference(text), out value));
        }

        if (Avx2.IsSupported)
        {
            yield return ("TryParseAvx2", (ReadOnlySpan<byte> text, out Guid value) =>
                UuidText.TryParseAvx2(ref MemoryMarshal.GetReference(text), out value));
        }
    }

    public static IEnumerable<(string Name, Formatter Format)> Formatters()
    {
        yield return ("Format", UuidText.Format);
        yield return ("FormatScalar", (value, destination) =>
            UuidText.FormatScalar(value, ref MemoryMarshal.GetReference(destination)));
        if (HasVector128)
        {
            yield return ("FormatVector128", (value, destination) =>
                UuidText.FormatVector128(value, ref MemoryMarshal.GetReference(destination)));
        }
    }
}
