using System.Diagnostics;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>
/// AUTH, RELOAD and ROLLBACK of one connection. One thread at a time.
/// </summary>
/// <param name="access">What the connection may ask for.</param>
/// <param name="replies">Starts reloads.</param>
/// <param name="counters">Where refused requests are counted.</param>
internal sealed class OperatorRequests(ConnectionAccess access, CommandReplies replies, ConnectionCounters counters)
{
    private Task<ReloadOutcome>? _awaited;
    private TokenVerdict _verdict;

    /// <summary>Whether a reload, a rollback or the penalty of a wrong token is under way, whose reply comes before any other.</summary>
    public bool IsWaiting => _awaited is not null || access.Penalty is not null;

    /// <summary>Whether a command may be executed before the connection has authenticated.</summary>
    public static bool IsForEverybody(Command command) => command is Command.Auth or Command.Ping or Command.Help or Command.Quit;

    /// <summary>Waits until <see cref="WriteOutcome"/> can write.</summary>
    public Task WaitAsync() => _awaited ?? access.Penalty ?? Task.CompletedTask;

    /// <summary>Answers AUTH; a wrong token has its answer later, from <see cref="WriteOutcome"/>.</summary>
    public void Authenticate(scoped ReadOnlySpan<byte> argument, ref ReplyWriter writer)
    {
        if (!access.HasToken)
        {
            Refuse(ref writer, ErrorCode.Refused, ErrorText.NoToken);
        }
        else if ((_verdict = access.Authenticate(argument)) == TokenVerdict.Right)
        {
            writer.WriteOk();
        }
        else
        {
            counters.RequestErrors++;
        }
    }

    /// <summary>Starts a reload or a rollback, or refuses it.</summary>
    /// <param name="command">RELOAD or ROLLBACK.</param>
    /// <param name="writer">Receives the refusal.</param>
    public void StartReload(Command command, ref ReplyWriter writer)
    {
        if (!access.IsOperator)
        {
            Refuse(ref writer, ErrorCode.Refused, ErrorText.NotOperator);
            return;
        }

        _awaited = replies.StartReload(command);
        if (_awaited is null)
        {
            Refuse(ref writer, ErrorCode.Refused, replies.WhyNoReload);
        }
    }

    /// <summary>Writes how the reload or the rollback went that was waited for, or that a token was wrong.</summary>
    /// <param name="writer">Receives the reply.</param>
    /// <returns>Whether the connection goes on.</returns>
    public bool WriteOutcome(ref ReplyWriter writer)
    {
        if (access.Penalty is not null)
        {
            access.EndPenalty();
            writer.WriteError(ErrorCode.WrongPass, _verdict == TokenVerdict.HeldOff ? ErrorText.HeldOff : ErrorText.WrongToken);
            return true;
        }

        Debug.Assert(_awaited?.IsCompletedSuccessfully == true, "The handler has waited, and an outcome is never an exception.");
#pragma warning disable VSTHRD002, VSTHRD104 // It has completed.
        ReloadOutcome outcome = _awaited.Result;
#pragma warning restore VSTHRD002, VSTHRD104
        _awaited = null;
        if (outcome.Error is not ErrorCode code)
        {
            writer.WriteOk(Encoding.ASCII.GetBytes(outcome.DatasetId.ToString()));
            return true;
        }

        Refuse(ref writer, code, Encoding.UTF8.GetBytes(outcome.Reason));
        return code != ErrorCode.Internal;
    }

    private void Refuse(ref ReplyWriter writer, ErrorCode code, ReadOnlySpan<byte> text)
    {
        counters.RequestErrors++;
        writer.WriteError(code, text);
    }
}
