using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Fuzz;

/// <summary>Every way to parse and to write UUID text, against <see cref="UuidOracle"/> and <see cref="Guid.ToString(string?)"/>.</summary>
internal sealed class UuidTarget : FuzzTarget
{
    private readonly byte[] _text = new byte[UuidText.Length];

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        if (random.OneIn(10))
        {
            input.AddRandom(random, random.Below(50));
            return;
        }

        input.AddKey(random);
        if (random.OneIn(2))
        {
            InputText.Mutate(input, random);
        }
    }

    /// <inheritdoc/>
    public override void Check(ReadOnlySpan<byte> input, InputRandom random)
    {
        Guid? expected = UuidOracle.Parse(input);
        Compare(expected, UuidText.TryParse(input, out Guid value), value, nameof(UuidText.TryParse));
        if (input.Length == UuidText.Length)
        {
            ref byte text = ref MemoryMarshal.GetReference(input);
            Compare(expected, UuidText.TryParseScalar(ref text, out value), value, nameof(UuidText.TryParseScalar));
            if (Ssse3.IsSupported || AdvSimd.Arm64.IsSupported)
            {
                Compare(expected, UuidText.TryParseVector128(ref text, out value), value, nameof(UuidText.TryParseVector128));
            }

            if (Avx2.IsSupported)
            {
                Compare(expected, UuidText.TryParseAvx2(ref text, out value), value, nameof(UuidText.TryParseAvx2));
            }
        }

        if (expected is Guid key)
        {
            UuidText.Format(key, _text);
            Expect(key.ToString("D", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(_text), nameof(UuidText.Format));
            UuidText.FormatScalar(key, ref _text[0]);
            Expect(key.ToString("D", CultureInfo.InvariantCulture), Encoding.ASCII.GetString(_text), nameof(UuidText.FormatScalar));
            Expect(UuidOracle.IsVersion4(Encoding.ASCII.GetString(_text)), UuidText.IsVersion4(key), nameof(UuidText.IsVersion4));
        }
    }

    private static void Compare(Guid? expected, bool isParsed, Guid value, string what)
    {
        Expect(expected, isParsed ? value : null, what);
        Expect(expected ?? Guid.Empty, value, $"{what}, value");
    }
}
