using System.Buffers.Text;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Benchmarks.LiveSwap;

/// <summary>A data file whose values tell their line and the generation of the file: <c>LINE GENERATION filler</c>.</summary>
internal sealed class GenerationFile
{
    /// <summary>The length of a line without its LF; 40 bytes of it are the value.</summary>
    private const int LineLength = UuidText.Length + 1 + 40;
    private const int NumberStart = UuidText.Length + 1;
    private const int GenerationStart = NumberStart + 9;

    private readonly byte[] _lines;
    private readonly string _path;

    /// <summary>Makes the pairs, but no file yet.</summary>
    /// <param name="path">Where the file is published.</param>
    /// <param name="pairs">How many, up to 99,999,999.</param>
    public GenerationFile(string path, int pairs)
    {
        _path = path;
        _lines = new byte[pairs * (LineLength + 1)];
        for (int i = 0; i < pairs; i++)
        {
            Span<byte> line = _lines.AsSpan(i * (LineLength + 1), LineLength + 1);
            line.Fill((byte)'.');
            UuidText.Format(KeyOf(i), line);
            line[UuidText.Length] = (byte)' ';
            Encoding.ASCII.GetBytes($"{i:d8} ", line[NumberStart..]);
            line[GenerationStart + 8] = (byte)' ';
            line[^1] = (byte)'\n';
        }
    }

    /// <summary>The key of a line.</summary>
    public static Guid KeyOf(int line) => DataFileGenerator.KeyAt(1, line);

    /// <summary>Reads a value.</summary>
    /// <returns>Its line and its generation; null when it is no value of such a file.</returns>
    public static (int Line, int Generation)? Read(ReadOnlySpan<byte> value) =>
        value.Length == 40 && Utf8Parser.TryParse(value[..8], out int line, out int first) && first == 8
            && Utf8Parser.TryParse(value.Slice(9, 8), out int generation, out int second) && second == 8
            ? (line, generation)
            : null;

    /// <summary>Writes a generation beside the file and renames it.</summary>
    public void Publish(int generation)
    {
        byte[] digits = Encoding.ASCII.GetBytes($"{generation:d8}");
        for (int start = GenerationStart; start < _lines.Length; start += LineLength + 1)
        {
            digits.CopyTo(_lines, start);
        }

        string next = _path + ".new";
        File.WriteAllBytes(next, _lines);
        File.Move(next, _path, overwrite: true);
    }
}
