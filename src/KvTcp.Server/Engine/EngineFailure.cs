using System.Text;
using KvTcp.Protocol;
using KvTcp.Redis;

namespace KvTcp.Server.Engine;

/// <summary>Why an engine has given no answer about a key. Immutable.</summary>
internal sealed class EngineFailure
{
    /// <summary>How much of what an engine says an error shows.</summary>
    private const int LongestText = 200;

    private readonly RequestTrouble? _trouble;

    private EngineFailure(ErrorCode code, string text, RequestTrouble? trouble = null)
    {
        _trouble = trouble;
        Code = code;
        Text = Encoding.UTF8.GetBytes(text);
    }

    /// <summary>What a key has before anything is known of it.</summary>
    public static EngineFailure NoAnswer { get; } = new(ErrorCode.Internal, "the engine has not answered");

    /// <summary>The value cannot be told.</summary>
    public static EngineFailure NoText { get; } = new(
        ErrorCode.Internal, "the engine has a value that is no text of one line");

    /// <summary>The value is no string.</summary>
    public static EngineFailure NoString { get; } = new(ErrorCode.Internal, "the engine has a value that is no string");

    /// <summary>The code of the error.</summary>
    public ErrorCode Code { get; }

    /// <summary>What it says, for people; one line.</summary>
    public byte[] Text { get; }

    /// <summary>The failure of a request.</summary>
    /// <param name="trouble">What has failed.</param>
    /// <param name="last">Another failure, which is often the same, since all keys of a node that is down have one trouble.</param>
    public static EngineFailure Of(RequestTrouble trouble, EngineFailure last) => ReferenceEquals(trouble, last._trouble)
        ? last
        : new EngineFailure(trouble.IsLoading ? ErrorCode.Loading : ErrorCode.Internal, OneLine(trouble.Reason), trouble);

    /// <summary>Whatever an engine says, as one line of bounded length.</summary>
    public static string OneLine(string text) =>
        new([.. text.Take(LongestText).Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)]);
}
