using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace KvTcp.Server.Http;

/// <summary>Conditional requests, RFC 9110 section 13.1.2.</summary>
internal static class EntityTags
{
    /// <summary>Whether the client has what a tag names.</summary>
    /// <param name="ifNoneMatch">The header of the request.</param>
    /// <param name="entityTag">The tag.</param>
    public static bool Match(StringValues ifNoneMatch, string entityTag)
    {
        if (ifNoneMatch.Count == 0)
        {
            return false;
        }

        if (ifNoneMatch.Count == 1 && string.Equals(ifNoneMatch[0], entityTag, StringComparison.Ordinal))
        {
            return true;
        }

        EntityTagHeaderValue tag = EntityTagHeaderValue.Parse(entityTag);
        return EntityTagHeaderValue.TryParseList([.. ifNoneMatch.OfType<string>()], out IList<EntityTagHeaderValue>? tags)
            && tags.Any(other => other.Equals(EntityTagHeaderValue.Any) || other.Compare(tag, useStrongComparison: false));
    }
}
