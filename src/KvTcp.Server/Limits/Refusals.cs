using System.Net;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// Counts the clients that were turned away, and logs them: at most one line for each reason in <see cref="Quiet"/>, which tells how many
/// there were and where the last came from. Thread-safe.
/// </summary>
internal sealed class Refusals
{
    /// <summary>After a line about a reason there is none about it for so long.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private readonly Entry[] _entries = [.. Enum.GetValues<Refusal>().Select(static _ => new Entry())];

    /// <summary>Why a token does not authenticate.</summary>
    /// <param name="verdict">Any but <see cref="TokenVerdict.Right"/>.</param>
    public static Refusal Of(TokenVerdict verdict) => verdict == TokenVerdict.HeldOff ? Refusal.HeldOff : Refusal.WrongToken;

    /// <summary>How many there were since start.</summary>
    /// <param name="reason">The reason.</param>
    public long Count(Refusal reason) => Volatile.Read(ref _entries[(int)reason].Count);

    /// <summary>Takes note of one.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="client">The client's end of the connection.</param>
    public void Note(Refusal reason, EndPoint? client)
    {
        Entry entry = _entries[(int)reason];
        entry.Last = client;
        Interlocked.Increment(ref entry.Count);
    }

    /// <summary>Logs what has come up; called about once a second, never twice at once.</summary>
    /// <param name="logger">Where.</param>
    public void OnHeartbeat(ILogger logger) => LogNew(logger, Quiet);

    /// <summary>Logs what has come up and was not logged yet, since nothing follows.</summary>
    /// <param name="logger">Where.</param>
    public void LogRest(ILogger logger) => LogNew(logger, TimeSpan.Zero);

    private void LogNew(ILogger logger, TimeSpan quiet)
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            Entry entry = _entries[i];
            long count = Volatile.Read(ref entry.Count);
            if (count == entry.Logged || Environment.TickCount64 - entry.LoggedAt < quiet.TotalMilliseconds)
            {
                continue;
            }

            Log(logger, (Refusal)i, count - entry.Logged, entry.Last);
            (entry.Logged, entry.LoggedAt) = (count, Environment.TickCount64);
        }
    }

    private static void Log(ILogger logger, Refusal reason, long count, EndPoint? last)
    {
        string from = last?.ToString() ?? (IsOfKestrel(reason) ? "an HTTP client" : "a Unix socket");
        if (reason is Refusal.IdleTimeout or Refusal.HttpIdleTimeout)
        {
            // Clients that keep a connection they do not use are no trouble.
            ServerLog.ClosedIdle(logger, count, from);
        }
        else
        {
            ServerLog.Refused(logger, count, Describe(reason), from);
        }
    }

    /// <summary>Of these the client's end is not known.</summary>
    private static bool IsOfKestrel(Refusal reason) => reason is Refusal.HttpHeadTimeout or Refusal.HttpIdleTimeout or Refusal.HttpBodyTimeout;

    private static string Describe(Refusal reason) => reason switch
    {
        Refusal.ConnectionLimit => "connections refused: the limit of connections is reached (--max-connections)",
        Refusal.AddressLimit => "connections refused: their address has too many (--max-connections-per-address)",
        Refusal.Handshake => "TLS handshakes failed",
        Refusal.FirstRequestTimeout => "connections closed: no request came in time (--first-request-timeout)",
        Refusal.UnreadReplyTimeout => "connections reset: replies were not taken in time (--unread-reply-timeout)",
        Refusal.OldDatasetTimeout => "connections reset: replies from an old dataset went on too long (--old-dataset-timeout)",
        Refusal.LineTooLong => "connections closed: a request line was too long (--max-request-line)",
        Refusal.TooManyKeys => "requests refused: too many keys (--max-keys)",
        Refusal.RequestRate => "times a client had to wait: too many requests from its address (--rate-limit)",
        Refusal.WrongToken => "wrong tokens",
        Refusal.HeldOff => "tokens not looked at: too many wrong ones from their address",
        Refusal.HttpConnectionLimit => "HTTP connections refused: the limit of connections is reached (--max-connections), or what the limit of open files leaves to HTTP",
        Refusal.HttpAddressLimit => "HTTP connections refused: their address has too many (--max-connections-per-address)",
        Refusal.HttpHeadTimeout => "HTTP connections closed: the head of a request was not whole in time (--first-request-timeout)",
        Refusal.HttpBodyTimeout => "HTTP connections closed: the body of a request came too slowly",
        Refusal.HttpUnreadReplyTimeout => "HTTP connections reset: replies were not taken in time (--unread-reply-timeout)",
        Refusal.HttpRequestRate => "HTTP requests refused: too many from their address (--http-rate-limit)",
        Refusal.HttpHeadTooLong => "HTTP requests refused: the request line or the headers were too long",
        Refusal.HttpBodyTooLong => "HTTP requests refused: the body was too long (--http-max-body)",
        Refusal.HttpBatchTooLong => "HTTP requests refused: a batch had too many keys",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "This is logged elsewhere."),
    };

    private sealed class Entry
    {
        public long Count;
        public volatile EndPoint? Last;
        public long Logged;
        public long LoggedAt = Environment.TickCount64 - (long)Quiet.TotalMilliseconds;
    }
}
