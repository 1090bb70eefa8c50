using System.Text;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;

namespace KvTcp.Tests.LoadGen.Wire;

/// <summary>Reads replies that arrive in pieces, and writes down what was read.</summary>
internal static class ReplyReading
{
    /// <summary>Reads all of them with one reader.</summary>
    /// <param name="plan">Names the protocol.</param>
    /// <param name="pieces">The bytes in the pieces in which they arrive.</param>
    /// <returns>
    /// A word for each part: <c>V:text</c> or <c>V[key]:text</c>, <c>M</c> missing, <c>R</c> rest missing, <c>E:text</c>, <c>H</c> heading,
    /// <c>X</c> invalid; a semicolon ends each reply.
    /// </returns>
    public static string Read(LoadPlan plan, IEnumerable<byte[]> pieces)
    {
        ReplyReader reader = ReplyReader.Create(plan);
        StringBuilder read = new();
        byte[] unread = [];
        foreach (byte[] piece in pieces)
        {
            // A new array of just the length: what lies behind is not there to be read.
            unread = [.. unread, .. piece];
            for (bool isDone = false; !isDone && unread.Length > 0;)
            {
                ReplyPart part = reader.Read(unread);
                isDone = part.Kind == ReplyPartKind.Incomplete;
                if (part.Kind == ReplyPartKind.Invalid)
                {
                    return read.Append('X').ToString();
                }

                read.Append(Word(part));
                unread = unread[part.Length..];
            }
        }

        return read.Append(unread.Length > 0 ? "..." : "").ToString();
    }

    private static string Word(ReplyPart part)
    {
        string text = ByteText.Text(part.Text);
        string key = part.Key.IsEmpty ? "" : $"[{ByteText.Text(part.Key)}]";
        string word = part.Kind switch
        {
            ReplyPartKind.Value => $"V{key}:{text}",
            ReplyPartKind.Missing => "M",
            ReplyPartKind.RestMissing => "R",
            ReplyPartKind.Error => $"E:{text}",
            ReplyPartKind.Heading => "H",
            _ => "",
        };
        return word + (part.EndsReply ? ";" : "");
    }
}
