using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvTcp.Server.Http;

/// <summary>
/// Counts the requests whose line or headers are too long. Kestrel answers those itself, before any route, and tells of it by an event:
/// https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/diagnostics. Thread-safe.
/// </summary>
internal sealed class LongHeads : IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private readonly Refusals _refusals;
    private readonly IDisposable _subscription;

    /// <summary>Begins to listen.</summary>
    /// <param name="events">The events of the application.</param>
    /// <param name="refusals">Where to count.</param>
    public LongHeads(DiagnosticListener events, Refusals refusals)
    {
        _refusals = refusals;
        _subscription = events.Subscribe(this, static name => name is BadRequest);
    }

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: BadRequest, Value: IFeatureCollection features }
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException
            {
                StatusCode: StatusCodes.Status414UriTooLong or StatusCodes.Status431RequestHeaderFieldsTooLarge,
            })
        {
            _refusals.Note(Refusal.HttpHeadTooLong, RemoteEnd.Of(features));
        }
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();
}
