using System.Net;

namespace KvTcp.Server;

/// <summary>
/// Downloads of one object, in as many answers as they take: what has arrived when a connection breaks is kept, and the next attempt asks for the
/// rest. One attempt at a time.
/// </summary>
/// <param name="name">The name of the source.</param>
/// <param name="url">Where the object is.</param>
/// <param name="client">Sends the requests; it stays the caller's.</param>
/// <param name="options">How to download.</param>
internal sealed class ResumedDownload(string name, Uri url, HttpClient client, UrlSourceOptions options) : IDisposable
{
    /// <summary>What has arrived, and is not complete; null for nothing.</summary>
    public Download? Partial { get; private set; }

    /// <summary>Asks once, and receives the answer.</summary>
    /// <param name="known">A version that is not wanted, null for none; what is there of another one is completed first.</param>
    /// <param name="cancellationToken">Gives up; what has arrived is kept.</param>
    /// <returns>The object, complete, which is the caller's then; null when the server still has the version that is not wanted.</returns>
    /// <exception cref="SourceUnavailableException">It is no use to try again.</exception>
    /// <exception cref="HttpRequestException">It may be.</exception>
    /// <exception cref="IOException">The same.</exception>
    /// <exception cref="OperationCanceledException">The server has been too slow, or the caller has given up.</exception>
    public async Task<Download?> TryAsync(UrlVersion? known, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, url);
        if (Partial is null || !Partial.TryAskForRest(request.Headers))
        {
            Forget();
            known?.AskUnlessSame(request.Headers);
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Timeout);
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        bool isConditional = request.Headers.IfNoneMatch.Count > 0 || request.Headers.IfModifiedSince is not null;
        if (response.StatusCode == HttpStatusCode.NotModified && isConditional)
        {
            return null;
        }

        Download download = Accept(response);
        await download.ReceiveAsync(await response.Content.ReadAsStreamAsync(cancellationToken), patience, cancellationToken);
        if (!await download.IsIntactAsync(cancellationToken))
        {
            Forget();
            throw new HttpRequestException("what has arrived does not have the checksum that the server gave");
        }

        Partial = null;
        return download;
    }

    /// <summary>Throws away what has arrived.</summary>
    public void Forget()
    {
        Partial?.Dispose();
        Partial = null;
    }

    public void Dispose() => Forget();

    /// <summary>Looks at the head of a response: whether it goes on with what is there, begins anew, or brings nothing.</summary>
    private Download Accept(HttpResponseMessage response)
    {
        if (Partial is not null && Partial.IsContinuedBy(response))
        {
            return Partial;
        }

        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                Forget();
                return Partial = Download.Begin(name, response, options);
            case HttpStatusCode.NotModified:
                Forget();
                throw new HttpRequestException("the server answers 304 though it was asked for the data whatever its version");
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                Forget();
                throw new HttpRequestException("the server does not go on where the last answer broke off");
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new HttpRequestException($"the server answers {(int)response.StatusCode} {response.ReasonPhrase}");
            default:
                Forget();
                throw new SourceUnavailableException($"{name}: the server answers {(int)response.StatusCode} {response.ReasonPhrase}", isMissing: true);
        }
    }
}
