using System.Net.Http.Headers;
using System.Text;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>An object that an HTTP server holds, such as an object store. A download that fails is tried again a few times.</summary>
public sealed class UrlSource : DatasetSource
{
    private const int Attempts = 5;
    private const int MaxRedirections = 5;

    /// <summary>An attempt that went on and has brought this much more has not been in vain: the next one counts as the first.</summary>
    private const long Progress = 1 << 20;

    private readonly UrlSourceOptions _options;
    private readonly HttpClient _client;
    private readonly ResumedDownload _download;

    /// <summary>Makes a source; nothing is asked before the first load.</summary>
    /// <param name="url">An absolute URL of http or https. Its user and password are sent as Basic authentication.</param>
    /// <param name="options">How to download.</param>
    public UrlSource(Uri url, UrlSourceOptions options)
    {
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
        _download = new ResumedDownload(Name, url, _client, options);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    internal override bool IsRemote => true;

    internal override async Task<FetchedData?> FetchAsync(SourceVersion? known, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            Download? resumed = _download.Partial;
            long before = resumed?.Received ?? 0;
            try
            {
                return await _download.TryAsync(known as UrlVersion, cancellationToken) is Download done ? Data(done) : null;
            }
            catch (SourceUnavailableException)
            {
                // What is kept for a later attempt must not keep a disk full.
                _download.Forget();
                throw;
            }
            catch (Exception exception) when (IsPassing(exception) && !cancellationToken.IsCancellationRequested)
            {
                attempt = resumed is not null && _download.Partial == resumed && resumed.Received - before >= Progress ? 1 : attempt;
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
        _download.Dispose();
        base.Dispose(disposing);
    }

    private FetchedData Data(Download done) => new(DataSource.FromPath(done.File.Path).WithName(Name), done.Version, done.File.Path, done.Received)
    {
        IsInMemory = _options.MeasureRoom(_options.Directory).IsMemory,
        CurrentVersion = () => done.Version,
        Release = done.Dispose,
    };

    /// <summary>Whether trying again may help.</summary>
    private static bool IsPassing(Exception exception) =>
        exception is HttpRequestException or OperationCanceledException or (IOException and not SourceUnavailableException);

    private string Reason(Exception exception) =>
        exception is OperationCanceledException ? $"the server has sent nothing, or next to nothing, for {_options.Timeout.TotalSeconds} s" : exception.Message;
}
