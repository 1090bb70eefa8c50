namespace KvTcp.Soak;

/// <summary>Judges the replies to GETs. Stateless.</summary>
internal static class ReplyCheck
{
    /// <summary>Notes what is wrong with replies.</summary>
    /// <param name="around">Knows what is right.</param>
    /// <param name="name">Who asked.</param>
    /// <param name="keys">For which keys.</param>
    /// <param name="replies">The replies, which one read of the server may have answered: all of one generation only if they are the parts of an MGET.</param>
    /// <param name="sent">When.</param>
    public static void Check(Surroundings around, string name, IReadOnlyList<int> keys, IReadOnlyList<string> replies, long sent)
    {
        string?[] values = new string?[replies.Count];
        for (int i = 0; i < values.Length; i++)
        {
            if (replies[i].StartsWith("OK ", StringComparison.Ordinal))
            {
                values[i] = replies[i][3..];
            }
            else if (replies[i] is not "NOT_FOUND")
            {
                around.Findings.AddWrong($"{name}: '{replies[i]}' for {around.Generations.Pairs.Key(keys[i])}");
                return;
            }
        }

        if (around.Generations.FaultIn(keys, values, sent) is string fault)
        {
            around.Findings.AddWrong($"{name}: {fault}");
        }
    }
}
