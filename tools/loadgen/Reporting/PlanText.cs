using System.Net;
using System.Net.Sockets;
using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>Plans in words.</summary>
internal static class PlanText
{
    /// <summary>Where the requests go.</summary>
    /// <param name="server">The server.</param>
    public static string Server(EndPoint server) => server is UnixDomainSocketEndPoint ? $"unix:{server}" : server.ToString()!;

    /// <summary>What the server is spoken to in.</summary>
    /// <param name="protocol">The protocol.</param>
    public static string Protocol(WireProtocol protocol) => protocol switch
    {
        WireProtocol.Resp => "RESP",
        WireProtocol.Memcached => "memcached text",
        WireProtocol.Http => "HTTP/1.1",
        _ => "the line protocol",
    };

    /// <summary>How the load is made, without the server.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="sweep">What is swept, and so is not the same in all runs; null for nothing.</param>
    public static string Load(LoadPlan plan, ReportKind? sweep = null) => string.Join(", ", Parts(plan, sweep));

    private static IEnumerable<string> Parts(LoadPlan plan, ReportKind? sweep)
    {
        yield return plan.KeysPerRequest == 1 ? "GET" : $"MGET of {plan.KeysPerRequest} keys";
        yield return plan.Keys.ZipfExponent is { } exponent ? $"Zipf's choice of keys (exponent {exponent})" : "uniform choice of keys";
        if (plan.Keys.MissShare > 0)
        {
            yield return $"{FigureText.Percent(plan.Keys.MissShare)} misses";
        }

        if (plan.Tls is not null)
        {
            yield return plan.Tls.Certificate is null ? "over TLS" : "over TLS with a certificate";
        }

        if (plan.AuthToken is not null)
        {
            yield return "after AUTH";
        }

        yield return Number(plan.Connections, "connection");
        yield return sweep == ReportKind.DepthSweep ? "growing depth" : $"depth {plan.Depth}";
        yield return Number(plan.Threads, "thread");
        yield return plan.Rate switch
        {
            null => "closed loop",
            _ when sweep == ReportKind.RateSweep => "open loop at growing rates",
            { } rate => $"open loop at {FigureText.Rate(rate)} requests/s",
        };
        yield return plan.Count is { } count ? Number(count, "request") : ValueParsers.Text(plan.Duration);
        if (plan.WarmUp > TimeSpan.Zero)
        {
            yield return $"after {ValueParsers.Text(plan.WarmUp)} of warm-up";
        }
    }

    private static string Number(long number, string thing) => $"{FigureText.Count(number)} {thing}{(number == 1 ? "" : "s")}";
}
