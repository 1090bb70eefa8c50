using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KvTcp.Tests.Support;

/// <summary>An HTTP server with one object, which misbehaves as a test wants it to.</summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ObjectStore(WebApplication application) => _application = application;

    public Uri Url => new($"{_application.Urls.Single()}/pairs.data?signature=secret");

    /// <summary>The object.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Its ETag, in quotes; null for none.</summary>
    public string? EntityTag { get; set; } = "\"1\"";

    /// <summary>Its Last-Modified; null for none.</summary>
    public DateTimeOffset? Modified { get; set; }

    /// <summary>Further headers of an answer with the object.</summary>
    public Dictionary<string, string> Headers { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// What happens to answers instead of what should: is asked at each, with the number of requests before, and says whether it has answered.
    /// </summary>
    public Func<int, HttpContext, Task<bool>> Misbehave { get; set; } = static (_, _) => Task.FromResult(false);

    /// <summary>The requests so far, each as its headers of ranges and conditions.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public static async Task<ObjectStore> StartAsync(string content)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        ObjectStore store = new(application) { Content = ByteText.Bytes(content) };
        application.Run(store.AnswerAsync);
        await application.StartAsync();
        return store;
    }

    /// <summary>Puts another object in the place of the one that was.</summary>
    public void Publish(string content, string entityTag)
    {
        Content = ByteText.Bytes(content);
        EntityTag = entityTag;
    }

    /// <summary>Answers with the first bytes of the object, and what a right answer would say of it.</summary>
    public async Task SendPartAsync(HttpContext context, int length)
    {
        DescribeContent(context.Response);
        context.Response.ContentLength = Content.Length;
        await context.Response.Body.WriteAsync(Content.AsMemory(0, length));
        await context.Response.Body.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        int before = Requests.Count;
        Requests.Enqueue($"{headers.Range}|{headers.IfRange}|{headers.IfNoneMatch}|{headers.IfModifiedSince}");
        if (await Misbehave(before, context))
        {
            return;
        }

        if (EntityTag is not null && headers.IfNoneMatch == EntityTag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        DescribeContent(context.Response);
        int from = 0;
        if (headers.Range.ToString() is ['b', 'y', 't', 'e', 's', '=', .. string start, '-'] && headers.IfRange == (EntityTag ?? $"{Modified:R}"))
        {
            from = int.Parse(start);
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{Content.Length - 1}/{Content.Length}";
        }

        context.Response.ContentLength = Content.Length - from;
        await context.Response.Body.WriteAsync(Content.AsMemory(from));
    }

    private void DescribeContent(HttpResponse response)
    {
        response.Headers.ETag = EntityTag;
        response.Headers.LastModified = Modified?.ToString("R");
        foreach ((string name, string value) in Headers)
        {
            response.Headers[name] = value;
        }
    }
}
