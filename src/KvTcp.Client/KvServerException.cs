using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>A server answered with <c>ERR</c>.</summary>
public sealed class KvServerException : KvException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">The code of the reply.</param>
    /// <param name="text">The text of the reply, which is for people.</param>
    /// <param name="innerException">The cause, if there is one.</param>
    public KvServerException(ErrorCode code, string text, Exception? innerException = null)
        : base(text, innerException) => Code = code;

    /// <summary>The code: what programs look at. <see cref="ErrorCode.Unrecognized"/> for one of a later version.</summary>
    public ErrorCode Code { get; }

    /// <summary>Makes the exception of a reply.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="subject">Stands before its text.</param>
    internal static KvServerException Of(in Reply reply, string subject = "") => new(reply.Code, subject + Encoding.UTF8.GetString(reply.Text));
}
