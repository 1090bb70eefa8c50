namespace KvTcp.Protocol.Resp;

/// <summary>What there is to know of a command. Immutable.</summary>
public sealed class RespCommandInfo
{
    internal RespCommandInfo(RespCommand command, string name, int arity, string group, string arguments, string summary)
    {
        Command = command;
        Name = name;
        Arity = arity;
        Group = group;
        Arguments = arguments;
        Summary = summary;
    }

    /// <summary>The command.</summary>
    public RespCommand Command { get; }

    /// <summary>Its word, in lower case.</summary>
    public string Name { get; }

    /// <summary>How many arguments it takes, its word included; at least so many when negative. As in Redis.</summary>
    public int Arity { get; }

    /// <summary>The group under which Redis documents it.</summary>
    public string Group { get; }

    /// <summary>Its arguments, for people; empty when it has none.</summary>
    public string Arguments { get; }

    /// <summary>What it does, for people.</summary>
    public string Summary { get; }

    /// <summary>Whether its arguments are keys.</summary>
    public bool TakesKeys => Command is >= RespCommand.Get and <= RespCommand.PTtl;

    /// <summary>Whether it is answered from the dataset.</summary>
    public bool IsAboutDataset => Command is >= RespCommand.Get and <= RespCommand.DbSize;

    /// <summary>Whether only a dataset can answer it: the values of its keys, one by one, do not.</summary>
    public bool NeedsDataset => Command is >= RespCommand.Ttl and <= RespCommand.RandomKey;

    /// <summary>Whether it may be executed before the connection has authenticated: as in Redis.</summary>
    public bool IsForEverybody => Command is RespCommand.Auth or RespCommand.Hello or RespCommand.Quit or RespCommand.Reset;

    /// <summary>Whether all its arguments are keys, not only the first.</summary>
    public bool TakesManyKeys => TakesKeys && Arity < 0;

    /// <summary>Whether it takes so many arguments.</summary>
    /// <param name="count">The number of arguments, its word included.</param>
    public bool Takes(int count) => Arity < 0 ? count >= -Arity : count == Arity;
}
