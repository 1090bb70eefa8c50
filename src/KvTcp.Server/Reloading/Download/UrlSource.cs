using System.Net;
using System.Net.Http.Headers;
using System.Text;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// An object that an HTTP server holds, such as an object store. What has been downloaded when a connection breaks is kept, and a later attempt
/// asks for the rest.
/// </summary>
public sealed class UrlSource : DatasetSource
{
    private const int Attempts = 5;
    private const int MaxRedirections = 5;

    /// <summary>An attempt that went on and has brought this much more has not been in vain: the next one counts as the first.</summary>
    private const long Progress = 1 << 20;

    private readonly Uri _url;
    private readonly UrlSourceOptions _options;
    private readonly HttpClient _client;
    private Download? _partial;

    /// <summary>Makes a source; nothing is asked before the first load.</summary>
    /// <param name="url">An absolute URL of http or https. Its user and password are sent as Basic authentication.</param>
    /// <param name="options">How to download.</param>
    public UrlSource(Uri url, UrlSourceOptions options)
    {
        _url = url;
        _options = options;
        _client = new HttpClient(new SocketsHttpHandler
        {
            MaxAutomaticRedirections = MaxRedirections,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("kvtcp", null));
        if (url.UserInfo.Length > 0)
        {
            string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo)));
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        }

        // Neither a password nor the signature in a query is for logs.
        Name = url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    internal override bool IsRemote => true;

    internal override async Task<FetchedData?> FetchAsync(SourceVersion? known, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            Download? resumed = _partial;
            long before = resumed?.Received ?? 0;
            try
            {
                return await TryFetchAsync(known as UrlVersion, cancellationToken);
            }
            catch (SourceUnavailableException)
            {
                // What is kept for a later attempt must not keep a disk full.
                Forget();
                throw;
            }
            catch (Exception exception) when (IsPassing(exception) && !cancellationToken.IsCancellationRequested)
            {
                attempt = resumed is not null && _partial == resumed && resumed.Received - before >= Progress ? 1 : attempt;
                if (attempt >= Attempts)
                {
                    throw new SourceUnavailableException($"{Name}: {Reason(exception)}", isMissing: false, exception);
                }
            }

#pragma warning disable CA5394 // Spreads load; protects nothing.
            double jitter = 0.5 + (Random.Shared.NextDouble() / 2);
#pragma warning restore CA5394
            await Task.Delay(_options.RetryDelay * Math.Pow(2, attempt - 1) * jitter, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _client.Dispose();
        _partial?.Dispose();
        base.Dispose(disposing);
    }

    private async Task<FetchedData?> TryFetchAsync(UrlVersion? known, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, _url);
        if (_partial is null || !_partial.Version.TryAskForRest(request.Headers, _partial.Received))
        {
            Forget();
            known?.AskUnlessSame(request.Headers);
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.Timeout);
        using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        bool isConditional = request.Headers.IfNoneMatch.Count > 0 || request.Headers.IfModifiedSince is not null;
        if (response.StatusCode == HttpStatusCode.NotModified && isConditional)
        {
            return null;
        }

        Accept(response);
        await _partial!.ReceiveAsync(await response.Content.ReadAsStreamAsync(cancellationToken), patience, _options.Timeout);
        if (!await _partial.IsIntactAsync(cancellationToken))
        {
            Forget();
            throw new HttpRequestException("what has arrived does not have the checksum that the server gave");
        }

        Download done = _partial;
        _partial = null;
        return new FetchedData(DataSource.FromPath(done.File.Path).WithName(Name), done.Version, done.File.Path, done.Received)
        {
            CurrentVersion = () => done.Version,
            Release = done.Dispose,
        };
    }

    /// <summary>Looks at the head of a response: whether it goes on with what is there, begins anew, or brings nothing.</summary>
    private void Accept(HttpResponseMessage response)
    {
        if (_partial is not null && _partial.IsContinuedBy(response))
        {
            return;
        }

        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                Forget();
                _partial = Download.Begin(Name, response, _options.Directory);
                return;
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
                throw new SourceUnavailableException($"{Name}: the server answers {(int)response.StatusCode} {response.ReasonPhrase}", isMissing: true);
        }
    }

    private void Forget()
    {
        _partial?.Dispose();
        _partial = null;
    }

    /// <summary>Whether trying again may help.</summary>
    private static bool IsPassing(Exception exception) =>
        exception is HttpRequestException or OperationCanceledException or (IOException and not SourceUnavailableException);

    private string Reason(Exception exception) =>
        exception is OperationCanceledException ? $"the server has sent nothing, or next to nothing, for {_options.Timeout.TotalSeconds} s" : exception.Message;
}
