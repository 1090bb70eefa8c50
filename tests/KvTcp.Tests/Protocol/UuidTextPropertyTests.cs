using System.Buffers.Text;
using FsCheck;
using FsCheck.Fluent;
using KvTcp.Fuzz;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

[TestFixture]
public class UuidTextPropertyTests
{
    private static readonly Config TenThousand = Config.QuickThrowOnFailure.WithMaxTest(10_000);

    // Characters that .NET's parsers, or a careless vector comparison, take for parts of a UUID.
    private static readonly byte[] NearMisses =
        [.. "0123456789abcdefABCDEF-gG@`/:+xX{}() \t\r\n\0"u8, 0x10, 0x19, 0x80, 0xB0, 0xB9, 0xC1, 0xE1, 0xFF];

    private static Gen<Guid> Guids => ArbMap.Default.GeneratorFor<byte>().ArrayOf(16).Select(bytes => new Guid(bytes));

    /// <summary>Canonical text in mixed case with up to three bytes replaced, inserted or removed.</summary>
    private static Gen<byte[]> AlmostCanonicalTexts =>
        from value in Guids
        from upper in ArbMap.Default.GeneratorFor<ulong>()
        from count in Gen.Choose(0, 3)
        from edits in Gen.Zip(Gen.Choose(0, 7), Gen.Zip(Gen.Choose(0, 35), Gen.Elements(NearMisses))).ListOf(count)
        select Edit(UuidOracle.Format(value, upper), edits);

    [Test]
    public void Format_then_TryParse_gives_the_same_uuid_on_every_pair_of_paths() =>
        Check.One(TenThousand, Prop.ForAll(Guids.ToArbitrary(), value =>
            UuidTextPaths.Formatters().All(formatter =>
                UuidTextPaths.Parsers().All(parser =>
                {
                    Span<byte> text = stackalloc byte[UuidText.Length];
                    formatter.Format(value, text);
                    return parser.TryParse(text, out Guid parsed) && parsed == value;
                }))));

    [Test]
    public void TryParse_ignores_the_case_of_each_digit() =>
        Check.One(TenThousand, Prop.ForAll(Guids.ToArbitrary(), ArbMap.Default.ArbFor<ulong>(), (value, upper) =>
            UuidTextPaths.Parsers().All(parser => parser.TryParse(UuidOracle.Format(value, upper), out Guid parsed) && parsed == value)));

    [Test]
    public void TryParse_agrees_with_Guid_behind_a_check_of_length_and_characters() =>
        Check.One(TenThousand, Prop.ForAll(AlmostCanonicalTexts.ToArbitrary(), text =>
        {
            bool expected = UuidOracle.IsCanonical(text) & Guid.TryParse(text, out Guid oracle);
            return UuidTextPaths.Parsers().Where(parser => text.Length == UuidText.Length || parser.TryParse == UuidText.TryParse)
                .All(parser => parser.TryParse(text, out Guid value) == expected && value == (expected ? oracle : Guid.Empty));
        }));

    [Test]
    public void TryParse_agrees_with_Utf8Parser_behind_a_check_of_length_and_characters() =>
        Check.One(TenThousand, Prop.ForAll(AlmostCanonicalTexts.ToArbitrary(), text =>
        {
            bool expected = Utf8Parser.TryParse(text, out Guid oracle, out int consumed, 'D') &&
                consumed == text.Length && UuidOracle.IsCanonical(text);
            return UuidText.TryParse(text, out Guid value) == expected && value == (expected ? oracle : Guid.Empty);
        }));

    private static byte[] Edit(byte[] text, IEnumerable<(int Kind, (int Position, byte Byte) At)> edits)
    {
        List<byte> edited = [.. text];
        foreach ((int kind, (int position, byte replacement)) in edits)
        {
            int index = Math.Min(position, edited.Count - 1);
            switch (kind)
            {
                case 0:
                    edited.Insert(index, replacement);
                    break;
                case 1:
                    edited.RemoveAt(index);
                    break;
                default:
                    edited[index] = replacement;
                    break;
            }
        }

        return [.. edited];
    }
}
