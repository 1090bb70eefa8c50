using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>How a reload or a rollback ended. Immutable.</summary>
/// <param name="Result">Whether it was done.</param>
/// <param name="DatasetId">The dataset served from then on; meaningless for what was refused or failed.</param>
/// <param name="Reason">One line: why it was refused, else what was done.</param>
public sealed record ReloadOutcome(ReloadResult Result, DatasetId DatasetId, string Reason)
{
    /// <summary>The code of the reply to RELOAD or ROLLBACK; null for <c>OK</c>.</summary>
    public ErrorCode? Error => Result switch
    {
        ReloadResult.Refused => ErrorCode.Refused,
        ReloadResult.Failed => ErrorCode.Internal,
        _ => null,
    };

    /// <summary>The reason of a reload that a rollback has overtaken.</summary>
    internal static string EndedByRollback => "a rollback has ended the reload";

    internal static ReloadOutcome Refused(string reason) => new(ReloadResult.Refused, default, OneLine(reason));

    // The reply is a line, and file names and system messages may hold anything.
    private static string OneLine(string text) => string.Create(text.Length, text, static (line, source) =>
    {
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = char.IsControl(source[i]) ? '?' : source[i];
        }
    });
}
