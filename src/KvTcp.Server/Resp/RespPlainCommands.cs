using System.Buffers;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>
/// Keeps the arguments of a request that is not about keys alone until the last has come, then answers it; also answers those that
/// are refused. One thread at a time.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="replies">Answers the good ones.</param>
internal sealed class RespPlainCommands(RespConnection connection, RespCommandReplies replies)
{
    /// <summary>How many arguments are kept.</summary>
    private const int MaxArguments = 1024;

    /// <summary>How many bytes of its arguments the error about an unknown command shows: as in Redis.</summary>
    private const int MaxShown = 128;

    private readonly List<byte[]> _arguments = [];
    private RespCommandInfo? _command;
    private string _word = "";
    private RespRefusal _refusal;
    private byte[] _postponed = [];

    /// <summary>Whether the connection ends with the last reply.</summary>
    public bool HasQuit { get; private set; }

    /// <summary>The longest argument that is kept now; -1 when none is.</summary>
    public int Room { get; private set; }

    /// <summary>Begins a request.</summary>
    /// <param name="command">Its command, or <see langword="null"/> when that is unknown.</param>
    /// <param name="word">The word that was sent for it; empty when it was too long.</param>
    /// <param name="refusal">Whether it is refused.</param>
    public void Start(RespCommandInfo? command, ReadOnlySpan<byte> word, RespRefusal refusal)
    {
        _command = command;
        _word = Encoding.UTF8.GetString(word);
        _refusal = refusal;
        Room = refusal switch
        {
            RespRefusal.None => connection.Access.IsAdmitted ? LineFraming.MaxRequestLine : LineFraming.MaxRequestLineBeforeAuth,
            RespRefusal.UnknownCommand => MaxShown,
            _ => -1,
        };
    }

    /// <summary>Takes an argument.</summary>
    /// <param name="argument">The argument.</param>
    /// <param name="isKept">Whether it was short enough to be kept; otherwise it is empty.</param>
    public void Add(in ReadOnlySequence<byte> argument, bool isKept)
    {
        if (isKept && _arguments.Count < MaxArguments)
        {
            _arguments.Add(argument.ToArray());
            Room -= (int)argument.Length;
            return;
        }

        Room = -1;
        _refusal = _refusal == RespRefusal.None ? RespRefusal.TooLong : _refusal;
    }

    /// <summary>Answers the request; a wrong token has its answer later, from <see cref="EndPenalty"/>.</summary>
    /// <returns>Whether it was a good one.</returns>
    public bool Finish(ref RespWriter writer)
    {
        ReadOnlySpan<byte> error = Error();
        if (_refusal == RespRefusal.None)
        {
            connection.Session.Note(_command!.Name);
            error = replies.Write(_command, _arguments, connection, ref writer);
            HasQuit = _command.Command == RespCommand.Quit;
        }

        if (connection.Access.Penalty is not null)
        {
            _postponed = error.ToArray();
        }
        else if (!error.IsEmpty)
        {
            writer.WriteError(error);
        }

        _arguments.Clear();
        return error.IsEmpty;
    }

    /// <summary>Writes that a token was wrong, after the penalty for it.</summary>
    public void EndPenalty(ref RespWriter writer)
    {
        connection.Access.EndPenalty();
        writer.WriteError(_postponed);
    }

    private ReadOnlySpan<byte> Error() => _refusal switch
    {
        RespRefusal.UnknownCommand => RespErrorText.UnknownCommand(_word, _arguments.Select(Encoding.UTF8.GetString)),
        RespRefusal.WrongArguments => RespErrorText.WrongArguments(_command!.Name),
        RespRefusal.NoAuth => RespErrorText.NoAuth,
        RespRefusal.Write => RespErrorText.Write,
        RespRefusal.Loading => RespErrorText.Loading(connection.Keys.WhyNothingIsServed()),
        RespRefusal.NoDataset => RespErrorText.NoDataset,
        RespRefusal.TooManyKeys => RespErrorText.TooManyKeys,
        RespRefusal.TooLong => RespErrorText.TooLong,
        _ => default,
    };
}
