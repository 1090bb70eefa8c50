namespace KvTcp.Redis.Cluster;

// slot = CRC16(key) mod 16384; of a key with a hashtag, "{" 1*BYTE "}", the CRC16 of what is between the first braces
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model

/// <summary>Which of the slots of a Redis Cluster a key belongs to. Stateless.</summary>
public static class KeySlot
{
    /// <summary>How many slots there are.</summary>
    public const int Count = 16_384;

    // CRC-16/XMODEM
    private const ushort Polynomial = 0x1021;

    private static readonly ushort[] Table = MakeTable();

    /// <summary>The slot of a key.</summary>
    /// <param name="key">Any bytes.</param>
    /// <returns>0 to 16,383.</returns>
    public static int Of(ReadOnlySpan<byte> key)
    {
        int open = key.IndexOf((byte)'{');
        if (open >= 0)
        {
            int length = key.Slice(open + 1).IndexOf((byte)'}');
            if (length > 0)
            {
                key = key.Slice(open + 1, length);
            }
        }

        ushort crc = 0;
        ushort[] table = Table;
        foreach (byte next in key)
        {
            crc = (ushort)((crc << 8) ^ table[(byte)((crc >> 8) ^ next)]);
        }

        return crc & (Count - 1);
    }

    private static ushort[] MakeTable()
    {
        ushort[] table = new ushort[256];
        for (int i = 0; i < table.Length; i++)
        {
            int crc = i << 8;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1;
            }

            table[i] = (ushort)crc;
        }

        return table;
    }
}
