using System.Diagnostics.CodeAnalysis;
using KvTcp.Server;
using KvTcp.Server.Http;

namespace KvTcp.Cli;

/// <summary>The settings of the HTTP API.</summary>
internal static class HttpSettings
{
    /// <summary>Stands for no HTTP at all.</summary>
    public static ListenAddress Off { get; } = new("off", []);

    /// <summary>Gathers them.</summary>
    /// <param name="settings">From these sources.</param>
    /// <returns>The options; null for no HTTP.</returns>
    public static HttpOptions? Resolve(SettingSources settings)
    {
        HttpOptions defaults = new();
        ListenAddress listen = settings.Get(KnownSettings.Http, defaults.Listen);
        long rate = settings.Get(KnownSettings.HttpRateLimit, 0);
        HttpOptions options = defaults with
        {
            Listen = listen,
            AllowedHosts = settings.GetAll(KnownSettings.HttpHost, defaults.AllowedHosts),
            AllowedOrigins = settings.GetAll(KnownSettings.HttpOrigin, defaults.AllowedOrigins),
            RequestsPerSecond = rate > 0 ? (int)rate : null,
            MaxBody = settings.Get(KnownSettings.HttpMaxBody, defaults.MaxBody),
        };
        return listen == Off ? null : options;
    }

    /// <summary>An address to listen at, or <c>off</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = Off;
        error = null;
        return text is "off" || ListenAddress.TryParse(text, out address, out error);
    }

    /// <summary>A host name as it stands in Host, without a port.</summary>
    public static bool TryParseHost(string text, [NotNullWhen(true)] out string? host, [NotNullWhen(false)] out string? error)
    {
        host = text;
        bool isHost = text is "*" || Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) == UriHostNameType.Dns;
        error = isHost ? null : $"'{text}' is not a host name, such as kv.example.org, *.example.org or *";
        return isHost;
    }

    /// <summary>An origin as browsers send it.</summary>
    public static bool TryParseOrigin(string text, [NotNullWhen(true)] out string? origin, [NotNullWhen(false)] out string? error)
    {
        origin = text;
        bool isOrigin = Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            && uri.Scheme is "http" or "https"
            && string.Equals(uri.GetLeftPart(UriPartial.Authority), text, StringComparison.OrdinalIgnoreCase);
        error = isOrigin ? null : $"'{text}' is not an origin, such as https://example.org or http://localhost:3000";
        return isOrigin;
    }

    /// <summary>The address of a collector.</summary>
    public static bool TryParseCollector(string text, [NotNullWhen(true)] out Uri? collector, [NotNullWhen(false)] out string? error)
    {
        bool isUrl = Uri.TryCreate(text, UriKind.Absolute, out collector) && collector.Scheme is "http" or "https";
        error = isUrl ? null : $"'{EffectiveSettings.WithoutSecrets(text)}' is not a URL, such as http://127.0.0.1:4318";
        return isUrl;
    }
}
