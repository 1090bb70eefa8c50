using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Tests.Server.Reloading.Download;

/// <summary>An object to download, how it is downloaded, and how its server breaks off.</summary>
internal static class SampleDownload
{
    public static readonly UrlSourceOptions Hasty = new() { RetryDelay = TimeSpan.FromMilliseconds(1), Timeout = TimeSpan.FromSeconds(20) };

    public static string Content { get; } = ScriptedSource.Pairs(Enumerable.Range(0, 1000).Select(static i => $"value {i}"));

    /// <summary>Breaks the first answer off.</summary>
    public static Func<int, HttpContext, Task<bool>> BreakOffAt(ObjectStore store, int length, string fault) => async (before, context) =>
    {
        if (before > 0)
        {
            return false;
        }

        await store.SendPartAsync(context, length);
        if (fault is "stalls")
        {
            await ClientLeavesAsync(context);
        }

        // An answer with less than was announced ends its connection.
        return true;
    };

    public static async Task ClientLeavesAsync(HttpContext context) =>
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public static async Task<string> FetchTextAsync(UrlSource source)
    {
        using FetchedData data = (await source.FetchAsync(known: null, CancellationToken.None).WaitAsync(Patience.Limit))!;
        return ByteText.Text(await File.ReadAllBytesAsync(data.Path!));
    }
}
