using System.Buffers.Text;
using System.Text;

namespace KvTcp.Redis;

// error = "MOVED" SP slot SP address | "ASK" SP slot SP address | code SP text
// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding

/// <summary>An error that a node has replied with.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Slot">The slot of <see cref="ReplyErrorKind.Moved"/> and <see cref="ReplyErrorKind.Ask"/>.</param>
/// <param name="Address">The node of these; its host is empty when it is the host that was asked.</param>
internal readonly record struct ReplyError(ReplyErrorKind Kind, int Slot, RedisAddress Address)
{
    /// <summary>Whether the same request may do better a little later.</summary>
    public bool IsPassing => Kind == ReplyErrorKind.Passing;

    /// <summary>Whether the node is still reading its data.</summary>
    public bool IsLoading { get; private init; }

    /// <summary>Reads an error.</summary>
    /// <param name="text">Its text, without the minus.</param>
    public static ReplyError Of(ReadOnlySpan<byte> text)
    {
        int space = text.IndexOf((byte)' ');
        ReadOnlySpan<byte> code = space < 0 ? text : text.Slice(0, space);
        if (code.SequenceEqual("MOVED"u8) || code.SequenceEqual("ASK"u8))
        {
            return TryReadTarget(text.Slice(code.Length), out int slot, out RedisAddress address)
                ? new ReplyError(code[0] == 'M' ? ReplyErrorKind.Moved : ReplyErrorKind.Ask, slot, address)
                : new ReplyError(ReplyErrorKind.Refusal, 0, default);
        }

        bool isLoading = code.SequenceEqual("LOADING"u8);
        bool isPassing = isLoading || code.SequenceEqual("TRYAGAIN"u8) || code.SequenceEqual("CLUSTERDOWN"u8) ||
            code.SequenceEqual("MASTERDOWN"u8) || code.SequenceEqual("BUSY"u8);
        ReplyErrorKind kind = isPassing ? ReplyErrorKind.Passing
            : code.SequenceEqual("READONLY"u8) ? ReplyErrorKind.ReadOnly
            : code.SequenceEqual("WRONGTYPE"u8) ? ReplyErrorKind.WrongType
            : ReplyErrorKind.Refusal;
        return new ReplyError(kind, 0, default) { IsLoading = isLoading };
    }

    private static bool TryReadTarget(ReadOnlySpan<byte> text, out int slot, out RedisAddress address)
    {
        address = default;
        text = text.TrimStart((byte)' ');
        if (!Utf8Parser.TryParse(text, out slot, out int length) || slot is < 0 or >= Cluster.KeySlot.Count)
        {
            return false;
        }

        // An IPv6 address has no brackets here: what follows the last colon is the port.
        string target = Encoding.UTF8.GetString(text.Slice(length).Trim((byte)' '));
        int colon = target.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(target.AsSpan(colon + 1), out int port) || port is < 1 or > 65_535)
        {
            return false;
        }

        address = new RedisAddress(target[..colon].Trim('[', ']'), port);
        return true;
    }
}
