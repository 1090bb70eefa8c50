using System.Text;
using KvTcp.Protocol;

namespace KvTcp.LoadGen;

/// <summary>Compares replies with the data file. For one thread.</summary>
/// <param name="file">The data file.</param>
/// <param name="tally">Takes the mismatches.</param>
internal sealed unsafe class ReplyVerifier(KeyFile file, ThreadTally tally)
{
    /// <summary>Compares a part of the reply to a connection's oldest request.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="part">The part.</param>
    public void Check(Connection connection, in ReplyPart part)
    {
        ReadOnlySpan<long> asked = connection.InFlight.OldestKeys[connection.KeysVerified..];
        switch (part.Kind)
        {
            case ReplyPartKind.Value when part.Key.IsEmpty:
                CheckValue(connection.Reader, asked[0], part.Text);
                connection.KeysVerified++;
                break;
            case ReplyPartKind.Value:
                CheckNamedValue(connection, asked, part);
                break;
            case ReplyPartKind.Missing:
                CheckMissing(asked[..1]);
                connection.KeysVerified++;
                break;
            case ReplyPartKind.RestMissing:
                CheckMissing(asked);
                break;
            case ReplyPartKind.Error when !part.EndsReply:
                connection.KeysVerified++;
                break;
        }
    }

    /// <summary>The keys before the named one have no value.</summary>
    private void CheckNamedValue(Connection connection, ReadOnlySpan<long> asked, in ReplyPart part)
    {
        byte* text = stackalloc byte[UuidText.Length];
        for (int i = 0; i < asked.Length; i++)
        {
            KeyPicker.Write(file, asked[i], text);
            if (part.Key.SequenceEqual(new ReadOnlySpan<byte>(text, UuidText.Length)))
            {
                CheckMissing(asked[..i]);
                CheckValue(connection.Reader, asked[i], part.Text);
                connection.KeysVerified += i + 1;
                return;
            }
        }

        Mismatch($"a value of key {ReplyText.Quoted(part.Key)}, which was not asked for");
    }

    private void CheckValue(ReplyReader reader, long key, ReadOnlySpan<byte> got)
    {
        if (key < 0)
        {
            Mismatch(key, "no value", ReplyText.Quoted(got));
        }
        else if (!reader.Says(got, file.Value((int)key)))
        {
            Mismatch(key, ReplyText.Quoted(file.Value((int)key)), ReplyText.Quoted(got));
        }
    }

    private void CheckMissing(ReadOnlySpan<long> keys)
    {
        foreach (long key in keys)
        {
            if (key >= 0)
            {
                Mismatch(key, ReplyText.Quoted(file.Value((int)key)), "no value");
            }
        }
    }

    private void Mismatch(long key, string expected, string got)
    {
        byte* text = stackalloc byte[UuidText.Length];
        KeyPicker.Write(file, key, text);
        Mismatch($"key {Encoding.ASCII.GetString(text, UuidText.Length)}: expected {expected}, got {got}");
    }

    private void Mismatch(string sample)
    {
        tally.Mismatches++;
        if (tally.MismatchSamples.Count < ThreadTally.MaxSamples)
        {
            tally.MismatchSamples.Add(sample);
        }
    }
}
