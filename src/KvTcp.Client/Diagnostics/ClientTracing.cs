using System.Diagnostics;
using System.Net.Sockets;

namespace KvTcp.Client;

/// <summary>An activity for each request, while anyone listens. The tags are those of OpenTelemetry's conventions for databases.</summary>
internal static class ClientTracing
{
    private static readonly ActivitySource Source = new("KvTcp.Client", typeof(ClientTracing).Assembly.GetName().Version?.ToString(3) ?? "");

    /// <summary>Whether anyone listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Starts the activity of a request.</summary>
    /// <param name="request">The request.</param>
    public static Activity? Start(PendingRequest request)
    {
        string operation = CommandName.Of(request.Command);
        Activity? activity = Source.StartActivity(operation, ActivityKind.Client);
        activity?.SetTag("db.system.name", "kvtcp");
        activity?.SetTag("db.operation.name", operation);
        if (request.KeyCount > 1)
        {
            activity?.SetTag("db.operation.batch.size", request.KeyCount);
        }

        return activity;
    }

    /// <summary>Adds the server: host and port, or the path of a Unix socket.</summary>
    public static void SetServer(Activity? activity, KvServerAddress? server)
    {
        if (server is not null)
        {
            activity?.SetTag("server.address", server.EndPoint is UnixDomainSocketEndPoint ? server.EndPoint.ToString() : server.Host);
            if (server.Port != 0)
            {
                activity?.SetTag("server.port", server.Port);
            }
        }
    }

    /// <summary>Marks the activity as failed.</summary>
    public static void SetFailure(Activity? activity, Exception failure)
    {
        activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
        activity?.SetTag("error.type", failure is KvServerException refusal ? $"{refusal.Code}" : failure.GetType().FullName);
    }
}
