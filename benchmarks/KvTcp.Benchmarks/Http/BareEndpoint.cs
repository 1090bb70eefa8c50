using System.Buffers;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KvTcp.Benchmarks.Http;

/// <summary>
/// What Kestrel can do at best: a route that answers with a constant, without middleware, logs and headers of its own. It is a process for itself
/// (<c>http-bare PORT LENGTH</c>), so that its processor time can be told from the generator's.
/// </summary>
internal static class BareEndpoint
{
    /// <summary>The word that starts it.</summary>
    public const string Word = "http-bare";

    /// <summary>Its route, which is that of this server.</summary>
    public const string Path = "/v1/keys/{key}";

    /// <summary>Serves until the process is killed.</summary>
    /// <param name="args">The port, and the length of the body.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        byte[] body = Encoding.ASCII.GetBytes(new string('x', int.Parse(args[1])));
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, int.Parse(args[0])));
        builder.Services.AddRoutingCore();
        await using WebApplication application = builder.Build();
        application.MapGet(Path, context =>
        {
            HttpResponse response = context.Response;
            response.ContentType = "application/json";
            response.ContentLength = body.Length;
            response.BodyWriter.Write(body);
            return Task.CompletedTask;
        });
        await application.RunAsync();
        return 0;
    }
}
