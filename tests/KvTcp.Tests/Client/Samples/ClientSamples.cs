using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Net.Security;
using KvTcp.Client;
using KvTcp.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace KvTcp.Tests.Client.Samples;

/// <summary>The snippets of docs/client.md, between the marks that name them; <see cref="ClientDocumentTests"/> compares and runs them.</summary>
internal static class ClientSamples
{
    public static async Task<byte[]?> ConnectAsync(string servers, Guid key)
    {
        // <connect>
        await using KvClient client = await KvClient.ConnectAsync(new KvClientOptions
        {
            Servers = KvServerAddress.ParseList(servers), // "127.0.0.1:7878", "one:7878,two:7878", "unix:/run/kvtcp.sock"
        });
        byte[]? value = await client.GetAsync(key); // null: the server does not have the key
        // </connect>
        return value;
    }

    public static async Task<string> GetAsync(KvClient client, Guid key, PipeWriter response)
    {
        // <get>
        byte[]? bytes = await client.GetAsync(key);
        string? text = await client.GetStringAsync(key);
        bool isThere = await client.GetAsync(key, response); // copies the value to any IBufferWriter<byte>, here a PipeWriter
        await response.FlushAsync();
        // </get>
        return $"{bytes?.Length} {text} {isThere}";
    }

    public static async Task<int> GetManyAsync(KvClient client, Guid[] keys)
    {
        // <many>
        byte[]?[] values = await client.GetManyAsync(keys);
        int found = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (values[i] is byte[] value)
            {
                Console.WriteLine($"{keys[i]} has {value.Length} bytes");
                found++;
            }
        }
        // </many>
        return found;
    }

    public static async Task<string> AskAsync(KvClient client, Guid key, Guid[] keys)
    {
        // <ask>
        bool exists = await client.ExistsAsync(key);
        long present = await client.ExistsAsync(keys);
        long count = await client.CountAsync();
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        string datasetId = stats["dataset_id"];
        string version = await client.VersionAsync(); // kvtcp/1.2.3 proto=1 dataset=0123456789abcdef
        TimeSpan roundTrip = await client.PingAsync();
        // </ask>
        return $"{exists} {present} {count} {datasetId.Length} {version.Split('/')[0]} {roundTrip > TimeSpan.Zero}";
    }

    public static async Task<string?> CancelAsync(KvClient client, Guid key, CancellationToken requestAborted)
    {
        // <cancel>
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(requestAborted);
        limit.CancelAfter(TimeSpan.FromMilliseconds(200));
        string? value = await client.GetStringAsync(key, limit.Token);
        // </cancel>
        return value;
    }

    public static async Task<string> HandleErrorsAsync(KvClient client, Guid key)
    {
        string outcome;

        // <errors>
        try
        {
            string? value = await client.GetStringAsync(key);
            outcome = value ?? "the server does not have it";
        }
        catch (KvServerException e) when (e.Code == ErrorCode.BadKey)
        {
            outcome = $"the server takes no such key: {e.Message}";
        }
        catch (KvException e)
        {
            outcome = $"try another time: {e.Message}"; // no connection, or an error of the server
        }
        catch (TimeoutException)
        {
            outcome = "no reply in time";
        }
        // </errors>
        return outcome;
    }

    public static KvClientOptions Tune(string servers)
    {
        // <options>
        KvClientOptions options = new()
        {
            Servers = KvServerAddress.ParseList(servers),
            Policy = KvServerPolicy.Spread, // all servers in turn; FailOver, the default, uses the first that accepts
            ConnectionsPerServer = 2,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            RequestTimeout = TimeSpan.FromSeconds(1),
            MaxAttempts = 3,
        };
        // </options>
        return options;
    }

    public static KvClientOptions Secure(KvClientOptions options, string token)
    {
        // <secure>
        options = options with
        {
            Tls = host => new SslClientAuthenticationOptions { TargetHost = host },
            AuthToken = token,
        };
        // </secure>
        return options;
    }

    public static void Register(IServiceCollection services, string servers)
    {
        // <inject>
        services.AddKvClient(new KvClientOptions { Servers = KvServerAddress.ParseList(servers) });
        // </inject>
    }

    // <injected>
    public sealed class Catalogue(KvClient client)
    {
        public async Task<string> TitleAsync(Guid product) => await client.GetStringAsync(product) ?? "unknown";
    }
    // </injected>

    public static MeterListener Measure(TextWriter output)
    {
        // <metrics>
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name is "KvTcp.Client")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => output.WriteLine($"{instrument.Name} {value}"));
        listener.Start();
        listener.RecordObservableInstruments();
        // </metrics>
        return listener;
    }

    public static ActivityListener Trace(TextWriter output)
    {
        // <traces>
        ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name is "KvTcp.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => output.WriteLine($"{activity.OperationName} took {activity.Duration}"),
        };
        ActivitySource.AddActivityListener(listener);
        // </traces>
        return listener;
    }
}
