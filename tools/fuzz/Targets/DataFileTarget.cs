using KvTcp.Store;

namespace KvTcp.Fuzz;

/// <summary>Data files in any pieces and with any options, loaded, against <see cref="DataFileOracle"/>.</summary>
internal sealed class DataFileTarget : FuzzTarget
{
    private static readonly Guid[] Keys = [.. Enumerable.Range(0, 5).Select(static number => DataFileGenerator.KeyAt(3, number))];

    private static readonly string[] Separators = [" ", " ", " ", " ", "  ", "\t", ""];

    private static readonly string[] Values = ["", "v", "a value", " spaces ", "\u00E2\u0098\u0083", "\u00E2\u0098", "\u00ED\u00A0\u0080", "x\ry", "\0"];

    private static readonly string[] Ends = ["\n", "\n", "\n", "\n", "\n", "\r\n", "\n\n", "\r\r\n", "\r", ""];

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        if (random.OneIn(6))
        {
            input.AddText("\u00EF\u00BB\u00BF");
        }

        for (int lines = random.Below(12); lines > 0; lines--)
        {
            input.AddKey(random, Keys);
            input.AddText(random.OneIn(4) ? random.Pick<string>(Separators) : " ");
            input.AddText(random.OneIn(2) ? random.Pick<string>(Values) : new string('w', random.Below(60)));
            input.AddText(random.Pick<string>(Ends));
        }

        if (random.OneIn(3))
        {
            InputText.Mutate(input, random);
        }
    }

    /// <inheritdoc/>
    public override void Check(ReadOnlySpan<byte> input, InputRandom random)
    {
        byte[] text = input.ToArray();
        if (IsOfAnotherKind(text))
        {
            return;
        }

        DataFileOptions options = new()
        {
            MaxValueLength = random.Pick<int>([0, 8, 1 << 20]),
            UuidVersion = random.OneIn(3) ? 4 : null,
            OnBadLine = random.OneIn(3) ? BadLinePolicy.Stop : BadLinePolicy.Skip,
            Duplicates = random.OneIn(2) ? DuplicatePolicy.Last : DuplicatePolicy.First,
            Parallelism = random.OneIn(4) ? 4 : 1,
        };
        int length = 1 + random.Below(random.OneIn(2) ? 40 : 400);
        LoadTuning tuning = new() { ChunkLength = length, BufferLength = length, BlockLength = length, ExtentLength = 4096 };
        DataFileOracle oracle = new(options, ("text", text));
        string? difference = LoadComparison.FindDifference(oracle, [DataSource.FromStream(new MemoryStream(text), "text")], options, tuning);
        Expect(null, difference, $"{options}, pieces of {length}");
    }

    // What begins like compressed text or a snapshot is read as such.
    private static bool IsOfAnotherKind(ReadOnlySpan<byte> text) => text.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) || text.StartsWith(SnapshotHeader.Magic[..1]);
}
