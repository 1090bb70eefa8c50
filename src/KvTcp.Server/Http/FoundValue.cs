using KvTcp.Server.Engine;
using KvTcp.Store;

namespace KvTcp.Server.Http;

/// <summary>What was found for a key: in a dataset, and valid as long as that is held, or by an engine.</summary>
internal readonly struct FoundValue
{
    private readonly Lookup _lookup;
    private readonly object? _answer;

    /// <summary>What a dataset has.</summary>
    public FoundValue(Lookup lookup) => _lookup = lookup;

    /// <summary>What an engine has answered.</summary>
    /// <param name="answer">One of <see cref="EngineRequests.CopyAnswers"/>.</param>
    public FoundValue(object answer) => _answer = answer;

    /// <summary>Whether there is a value.</summary>
    public bool IsHit => _answer is null ? _lookup.IsHit : _answer is byte[];

    /// <summary>Why nothing is known of the key, if so.</summary>
    public EngineFailure? Failure => _answer as EngineFailure;

    /// <summary>The value; empty for a miss.</summary>
    public ReadOnlySpan<byte> Value => _answer is null ? _lookup.Value : _answer as byte[];
}
