using System.Text;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

[TestFixture]
public sealed class DatasetIdTests
{
    private static readonly string[] Lines =
        [.. Enumerable.Range(0, 300).Select(i => $"{DataFileGenerator.KeyAt(4, i)} {new string((char)('a' + (i % 26)), i % 90)}")];

    private static readonly DatasetId Id = IdOf(Lines);

    [Test]
    public void Id_is_shown_as_16_digits()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new DatasetId(0xABC).ToString(), Is.EqualTo("0000000000000abc"));
            Assert.That(new DatasetId(ulong.MaxValue).ToString(), Is.EqualTo("ffffffffffffffff"));
        }
    }

    [Test]
    public void Id_of_known_pairs_never_changes()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(IdOf([]).ToString(), Is.EqualTo("fbcc3f74b06a45b9"));
            Assert.That(IdOf(["0a0a0a0a-1111-4222-8333-444444444444 value"]).ToString(), Is.EqualTo("c602d178f9082075"));
            Assert.That(Id.ToString(), Is.EqualTo("cb0f664f230ca180"));
        }
    }

    [Test]
    public void Id_does_not_depend_on_the_order()
    {
        string[] shuffled = [.. Lines];
        new Random(1).Shuffle(shuffled);
        Assert.That(IdOf(shuffled), Is.EqualTo(Id));
    }

    [Test]
    public void Id_does_not_depend_on_duplicates([Values] bool compacted)
    {
        string[] keys = [.. Lines.Select(line => line[..37])];
        string[] overwritten = [.. keys.Take(compacted ? 300 : 3).Select(key => key + "overwritten by the last"), .. Lines];
        Assert.That(IdOf(overwritten), Is.EqualTo(Id));
    }

    [Test]
    public void Id_does_not_depend_on_blank_lines_line_ends_or_the_case_of_keys()
    {
        string[] other = [.. Lines.Select(line => $"\n{line[..36].ToUpperInvariant()}{line[36..]}\r")];
        Assert.That(IdOf(other), Is.EqualTo(Id));
    }

    [Test]
    public void Id_does_not_depend_on_pieces_workers_or_gzip()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Join('\n', Lines));
        foreach (int length in (int[])[1, 64, 5000])
        {
            foreach (byte[] content in (byte[][])[text, GzipText.Of(text)])
            {
                using Dataset dataset = DatasetLoader.Load(
                    [DataSource.FromStream(new MemoryStream(content), "text")],
                    new DataFileOptions { Parallelism = 3 },
                    EveryWayToLoad.Tuning(length)).Dataset;
                Assert.That(dataset.Id, Is.EqualTo(Id));
            }
        }
    }

    [Test]
    public void Any_flipped_bit_of_any_pair_changes_the_id()
    {
        const string Line = "0a0a0a0a-1111-4222-8333-444444444444 0123456789abcdef0123456789ABCDEF0123456";
        var ids = new HashSet<DatasetId> { IdOf([Line]) };
        int changes = 0;
        for (int i = 0; i < Line.Length; i++)
        {
            // 'a' to 'b' and so on: valid at every place but the hyphens and the space.
            if (Line[i] is '-' or ' ')
            {
                continue;
            }

            char other = Line[i] == '0' ? '1' : '0';
            ids.Add(IdOf([Line[..i] + other + Line[(i + 1)..]]));
            changes++;
        }

        Assert.That(ids, Has.Count.EqualTo(changes + 1));
    }

    [Test]
    public void Moving_bytes_within_or_between_pairs_changes_the_id()
    {
        const string A = "0a0a0a0a-1111-4222-8333-444444444444";
        const string B = "0b0b0b0b-1111-4222-8333-444444444444";
        string[][] datasets =
        [
            [],
            [$"{A} "],
            [$"{B} "],
            [$"{A} ", $"{B} "],
            [$"{A} x", $"{B} y"],
            [$"{A} y", $"{B} x"],
            [$"{A} xy", $"{B} "],
            [$"{A} ", $"{B} xy"],
            [$"{A} \u0001"],
            [$"{A}  "],
            [$"{A}   "],
            [$"{A} {new string(' ', 16)}"],
            [$"{A} {new string(' ', 17)}"],
            [$"{A} 0123456789abcdef0123456789ABCDEF"],
            [$"{A} 0123456789ABCDEF0123456789abcdef"],
        ];
        Assert.That(datasets.Select(IdOf).Distinct().Count(), Is.EqualTo(datasets.Length));
    }

    [Test]
    public void Values_of_every_length_have_their_own_id()
    {
        IEnumerable<DatasetId> ids = Enumerable.Range(0, 200).Select(
            length => IdOf([$"0a0a0a0a-1111-4222-8333-444444444444 {new string('x', length)}"]));
        Assert.That(ids.Distinct().Count(), Is.EqualTo(200));
    }

    private static DatasetId IdOf(string[] lines)
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        using Dataset dataset = DatasetLoader.Load([DataSource.FromStream(new MemoryStream(text), "text")], new DataFileOptions()).Dataset;
        return dataset.Id;
    }
}
