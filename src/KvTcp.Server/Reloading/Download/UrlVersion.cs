using System.Net.Http.Headers;

namespace KvTcp.Server;

/// <summary>What an HTTP server tells of the version of an object.</summary>
/// <param name="EntityTag">Its ETag, quotes and weakness included; null if it has none.</param>
/// <param name="Modified">Its Last-Modified; null if it has none.</param>
internal sealed record UrlVersion(string? EntityTag, DateTimeOffset? Modified) : SourceVersion
{
    /// <summary>
    /// How long an object must have been as it is for its Last-Modified, which counts seconds, to name only one version of it, though the clocks that
    /// set that and Date may differ.                                                                                      RFC 9110 section 8.8.2.2
    /// </summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(60);

    /// <summary>The version that a response carries.</summary>
    public static UrlVersion Of(HttpResponseMessage response) => new(response.Headers.ETag?.ToString(), response.Content.Headers.LastModified);

    /// <summary>Asks for the object only if it has another version.</summary>
    public void AskUnlessSame(HttpRequestHeaders request)
    {
        if (EntityTag is not null)
        {
            request.IfNoneMatch.Add(EntityTagHeaderValue.Parse(EntityTag));
        }
        else if (Modified is not null)
        {
            request.IfModifiedSince = Modified;
        }
    }

    /// <summary>Whether a part of another version fits to a part of this one: it names the same tag, or the same time where this one has no tag.</summary>
    public bool IsOfSameBytes(UrlVersion other) => EntityTag is null
        ? Modified is not null && other.Modified == Modified
        : string.Equals(EntityTag, other.EntityTag, StringComparison.Ordinal);

    /// <summary>Asks for the rest of the object if it still has this version, else for all of it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="from">Where the rest begins.</param>
    /// <param name="date">The Date of the answer that brought what is there; null if it had none.</param>
    /// <returns>
    /// False if the version cannot be told well enough for that: a weak tag allows other bytes, and an object that had just been modified when it was
    /// sent may have been again within the same second.
    /// </returns>
    public bool TryAskForRest(HttpRequestHeaders request, long from, DateTimeOffset? date)
    {
        EntityTagHeaderValue? tag = EntityTag is null ? null : EntityTagHeaderValue.Parse(EntityTag);
        if (tag is { IsWeak: false })
        {
            request.IfRange = new RangeConditionHeaderValue(tag);
        }
        else if (tag is null && Modified is DateTimeOffset modified && modified + Settled <= date)
        {
            request.IfRange = new RangeConditionHeaderValue(modified);
        }
        else
        {
            return false;
        }

        request.Range = new RangeHeaderValue(from, null);
        return true;
    }
}
