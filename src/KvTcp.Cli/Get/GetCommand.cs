using System.CommandLine;
using System.IO.Pipelines;
using System.Text;
using KvTcp.Client;
using KvTcp.Protocol;
using KvTcp.Store;
using Command = System.CommandLine.Command;

namespace KvTcp.Cli;

/// <summary><c>kvtcp get</c>: asks a server for values.</summary>
internal static class GetCommand
{
    private const string Examples = """
        kvtcp get 6ba7b810-9dad-41d1-80b4-00c04fd430c8
        kvtcp get --server kv.example.org:7878 6ba7b810-9dad-41d1-80b4-00c04fd430c8 0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9
        cut -d' ' -f1 some.data | kvtcp get --server unix:/run/kvtcp.sock > values.data
        """;

    private const string Notes = """
        One key prints its value alone; several keys, and keys from standard input (one a line), print lines of key and value, in the
        order asked. Keys without a value are named on standard error, and the exit code is 1.
        """;

    private static readonly Argument<string[]> Keys = new("UUID")
    {
        HelpName = "UUID...",
        Description = "The keys; without any they are read from standard input",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("get", "Get values from a running server.", Examples) { Notes = Notes };
        command.Add(Keys);
        foreach (Setting setting in KnownSettings.OfClients)
        {
            command.Add(setting.Option);
        }

        command.SetAction(static (result, _) =>
        {
            KvClientOptions options = Options(SettingSources.OfProcess(result));
            string[] keys = result.GetValue(Keys) ?? [];
            return keys.Length > 0 ? RunAsync(options, [.. keys.Select(Parse)]) : RunAsync(options, keys: null);
        });
        return command;
    }

    private static Guid Parse(string text) => UuidText.TryParse(Encoding.UTF8.GetBytes(text), out Guid key)
        ? key
        : throw new CommandException(ExitCode.Usage, $"'{text}' is not a key: a key is a UUID, 8-4-4-4-12 hexadecimal digits");

    private static async Task<int> RunAsync(KvClientOptions options, Guid[]? keys)
    {
        Func<ValueTask<Guid[]>> read = keys is null ? FromStandardInput() : From(keys);
        // Before the connection is made: a server closes one that waits long for its first request.
        Guid[] first = await read();
        if (first.Length == 0)
        {
            return ExitCode.Success;
        }

        await using KvClient client = await ConnectAsync(options);
        using RequestWindow window = new();
        int badKeyExitCode = keys is null ? ExitCode.BadData : ExitCode.Usage;
        OrderedGet get = new(client, window, options.Servers[0].Text, isSingle: keys is [_], badKeyExitCode);
        PipeWriter output = PipeWriter.Create(StandardOutput.Open());
        PipeWriter misses = PipeWriter.Create(Console.OpenStandardError());
        return await get.RunAsync(first, read, output, misses) ? ExitCode.Success : ExitCode.NotFound;
    }

    /// <summary>
    /// A request takes as long as the replies before it, however long those are, so only silence counts. A connection that ends is an error
    /// that the user wants to see.
    /// </summary>
    private static KvClientOptions Options(SettingSources settings) => ClientSettings.Resolve(settings, new KvClientOptions
    {
        ConnectTimeout = TimeSpan.FromSeconds(10),
        RequestTimeout = Timeout.InfiniteTimeSpan,
        MaxAttempts = 1,
        MaxValueLength = DataFileOptions.LargestMaxValueLength,
        MaxRequestsInFlight = RequestWindow.MaxRequests,
    });

    private static async Task<KvClient> ConnectAsync(KvClientOptions options)
    {
        try
        {
            return await ClientSettings.ConnectAsync(options, CancellationToken.None);
        }
        catch (KvServerException e)
        {
            throw new CommandException(ExitCode.Unavailable, e.Message, e);
        }
    }

    private static Func<ValueTask<Guid[]>> FromStandardInput()
    {
        StreamPipeReaderOptions options = new(bufferSize: 64 * 1024);
        return new KeyLines(PipeReader.Create(Console.OpenStandardInput(), options), "(standard input)").ReadBatchAsync;
    }

    private static Func<ValueTask<Guid[]>> From(Guid[] keys)
    {
        IEnumerator<Guid[]> chunks = keys.Chunk(KeyLines.MaxBatch).GetEnumerator();
        return () => ValueTask.FromResult(chunks.MoveNext() ? chunks.Current : []);
    }
}
