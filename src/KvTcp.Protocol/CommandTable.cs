using System.Text;

namespace KvTcp.Protocol;

/// <summary>What the protocol says of each command: its word, how many arguments it takes, its line in HELP. Thread-safe.</summary>
public static class CommandTable
{
    private static readonly Entry[] Entries =
    [
        //  command           word          arguments         help
        new(Command.Get,      "GET"u8,      Arity.One,        "GET <uuid>           the value of a key"u8),
        new(Command.MGet,     "MGET"u8,     Arity.OneOrMore,  "MGET <uuid> ...      the values of several keys, from one dataset"u8),
        new(Command.Exists,   "EXISTS"u8,   Arity.OneOrMore,  "EXISTS <uuid> ...    how many of the keys exist"u8),
        new(Command.Count,    "COUNT"u8,    Arity.Zero,       "COUNT                the number of keys"u8),
        new(Command.Stats,    "STATS"u8,    Arity.Zero,       "STATS                figures about the server and its dataset"u8),
        new(Command.Version,  "VERSION"u8,  Arity.Zero,       "VERSION              the server's version and dataset id"u8),
        new(Command.Ping,     "PING"u8,     Arity.Zero,       "PING                 answers PONG"u8),
        new(Command.Help,     "HELP"u8,     Arity.Zero,       "HELP                 this list"u8),
        new(Command.Reload,   "RELOAD"u8,   Arity.Zero,       "RELOAD               load the data again, where the server offers it"u8),
        new(Command.Rollback, "ROLLBACK"u8, Arity.Zero,       "ROLLBACK             return to the previous dataset, where the server offers it"u8),
        new(Command.Auth,     "AUTH"u8,     Arity.One,        "AUTH <token>         authenticate this connection"u8),
        new(Command.Quit,     "QUIT"u8,     Arity.Zero,       "QUIT                 answer, then close"u8),
    ];

    private enum Arity : byte
    {
        Zero,
        One,
        OneOrMore,
    }

    /// <summary>The number of commands, which is the number of HELP lines.</summary>
    public static int Count => Entries.Length;

    /// <summary>The command of a word.</summary>
    /// <param name="word">The first word of a request, in any case.</param>
    /// <returns>The command, or <see cref="Command.None"/>.</returns>
    public static Command Identify(ReadOnlySpan<byte> word)
    {
        foreach (Entry entry in Entries)
        {
            if (Ascii.EqualsIgnoreCase(word, entry.Word))
            {
                return entry.Command;
            }
        }

        return Command.None;
    }

    /// <summary>The word that a client sends for a command, in upper case.</summary>
    /// <param name="command">Any command but <see cref="Command.None"/>.</param>
    public static ReadOnlySpan<byte> Word(Command command) => Find(command).Word;

    /// <summary>A command's line in the reply to HELP.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public static ReadOnlySpan<byte> HelpLine(int index) => Entries[index].Help;

    /// <summary>Whether a command takes as many arguments as these.</summary>
    /// <param name="command">Any command but <see cref="Command.None"/>.</param>
    /// <param name="arguments">The text of all arguments, without spaces around it.</param>
    public static bool Takes(Command command, ReadOnlySpan<byte> arguments) => Find(command).Arity switch
    {
        Arity.Zero => arguments.IsEmpty,
        Arity.One => !arguments.IsEmpty && !arguments.Contains((byte)' '),
        _ => !arguments.IsEmpty,
    };

    private static Entry Find(Command command) => Entries[(int)command - 1];

    private sealed class Entry(Command command, ReadOnlySpan<byte> word, Arity arity, ReadOnlySpan<byte> help)
    {
        private readonly byte[] _word = word.ToArray();
        private readonly byte[] _help = help.ToArray();

        public Command Command => command;

        public Arity Arity => arity;

        public ReadOnlySpan<byte> Word => _word;

        public ReadOnlySpan<byte> Help => _help;
    }
}
