using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>Random texts, cut at random places, against the oracle.</summary>
[TestFixture]
public sealed class DataFilePropertyTests
{
    private static readonly Gen<string> Key = Gen.Elements(
        "0a0a0a0a-1111-4222-8333-444444444444",
        "0A0A0A0A-1111-4222-8333-444444444444",
        "0b0b0b0b-1111-1222-8333-444444444444",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "0a0a0a0a-1111-4222-8333-44444444444",
        "not a key");

    private static readonly Gen<string> Value = Gen.Frequency(
        (8, Gen.Choose(0, 12).Select(length => new string('v', length))),
        (1, Gen.Choose(13, 200).Select(length => new string('w', length))),
        (2, Gen.Elements(" ", "a b ", "\r", "x\ry", "\0", "\u00E2\u0098\u0083", "\u00E2\u0098", "\u00FF")));

    private static readonly Gen<string> Line =
        from key in Key
        from separator in Gen.Frequency((9, Gen.Constant(" ")), (1, Gen.Elements("", "\t", "  ")))
        from value in Value
        from end in Gen.Elements("\n", "\n", "\n", "\r\n", "\n\n", "\r")
        select key + separator + value + end;

    private static readonly Gen<Case> Cases =
        from bom in Gen.Frequency((1, Gen.Constant("\u00EF\u00BB\u00BF")), (4, Gen.Constant("")))
        from lines in Gen.ListOf(Line)
        from last in Gen.Frequency((2, Gen.Constant("")), (1, Line.Select(line => line.TrimEnd('\n'))))
        from length in Gen.Choose(1, 120)
        from workers in Gen.Elements(1, 4)
        from asFile in Gen.Elements(true, false)
        from limit in Gen.Elements(0, 8, 1 << 20)
        from version in Gen.Elements((int?)null, 4)
        from skip in Gen.Frequency((5, Gen.Constant(BadLinePolicy.Skip)), (1, Gen.Constant(BadLinePolicy.Stop)))
        from duplicates in Gen.Elements(DuplicatePolicy.Last, DuplicatePolicy.First)
        select new Case(
            bom,
            [.. lines, last],
            new DataFileOptions
            {
                MaxValueLength = limit,
                UuidVersion = version,
                OnBadLine = skip,
                Duplicates = duplicates,
                Parallelism = workers,
            },
            length,
            asFile);

    [Test]
    public void Any_text_in_any_pieces_loads_as_the_oracle_reads_it() =>
        Prop.ForAll(
            Arb.From(Cases, Shrink),
            one => EveryWayToLoad.AgreesWithTheOracle(one.Text, one.Options, one.PieceLength, one.AsFile))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static IEnumerable<Case> Shrink(Case one)
    {
        for (int i = 0; i < one.Lines.Length; i++)
        {
            yield return one with { Lines = [.. one.Lines[..i], .. one.Lines[(i + 1)..]] };
        }
    }

    private sealed record Case(string Bom, string[] Lines, DataFileOptions Options, int PieceLength, bool AsFile)
    {
        public byte[] Text => Encoding.Latin1.GetBytes(Bom + string.Concat(Lines));

        public override string ToString() =>
            $"{Convert.ToHexString(Text)} = {Encoding.Latin1.GetString(Text)}, {Options}, pieces of {PieceLength}, file: {AsFile}";
    }
}
