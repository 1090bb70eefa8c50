using System.Net;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>The transport under a Kestrel that is not ours, beside its own.</summary>
[Parallelizable(ParallelScope.All)]
public class KestrelTests(LoopEngineKind engine) : EveryEngine(engine)
{
    [Test]
    public async Task Http_works_over_the_loops_and_over_sockets_in_one_server()
    {
        await using WebApplication application = await StartKestrelAsync(static kestrel =>
        {
            kestrel.Listen(new LoopEndPoint(new IPEndPoint(IPAddress.Loopback, 0)));
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        });
        using HttpClient client = new() { Timeout = Patience.Limit };
        byte[] body = new byte[3_000_000];
        new Random(1).NextBytes(body);
        Assert.That(application.Urls, Has.Count.EqualTo(2));
        foreach (string url in application.Urls)
        {
            Assert.That(await client.GetStringAsync($"{url}/"), Is.EqualTo("hello"));
            for (int i = 0; i < 5; i++)
            {
                using HttpResponseMessage response = await client.PostAsync($"{url}", new ByteArrayContent(body));
                byte[] echoed = await response.Content.ReadAsByteArrayAsync();
                Assert.That(echoed.AsSpan().SequenceEqual(body), $"{echoed.Length} bytes came back");
            }
        }
    }

    [Test]
    public async Task Connections_beyond_Kestrels_limit_are_closed()
    {
        await using WebApplication application = await StartKestrelAsync(static kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = 2;
            kestrel.Listen(new LoopEndPoint(new IPEndPoint(IPAddress.Loopback, 0)), static listen => listen.Run(LoopServer.EchoAsync));
        });
        EndPoint endPoint = IPEndPoint.Parse(new Uri(application.Urls.Single()).Authority);
        using LineClient first = await LineClient.ConnectAsync(endPoint);
        LineClient second = await LineClient.ConnectAsync(endPoint);
        Assert.That(await first.AskAsync("some"), Is.EqualTo("some"));
        Assert.That(await second.AskAsync("some"), Is.EqualTo("some"));
        using LineClient third = await LineClient.ConnectAsync(endPoint);
        Assert.That((await third.ReadToEndAsync()).Text, Is.Empty);
        second.Dispose();
        await Patience.UntilAsync(
            async () =>
            {
                using LineClient next = await LineClient.ConnectAsync(endPoint);
                await next.SendAsync("more\n");
                next.EndSending();
                return (await next.ReadToEndAsync()).Text is "more\n";
            },
            "the place of the second connection is free");
        Assert.That(await first.AskAsync("still"), Is.EqualTo("still"));
    }

    private async Task<WebApplication> StartKestrelAsync(Action<KestrelServerOptions> configure)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(configure);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, LoopTransportFactory>(
            services => new LoopTransportFactory(With(loops: 2), services.GetRequiredService<ILoggerFactory>())));
        WebApplication application = builder.Build();
        application.Run(static async context =>
        {
            if (HttpMethods.IsGet(context.Request.Method))
            {
                await context.Response.WriteAsync("hello");
                return;
            }

            context.Response.ContentLength = context.Request.ContentLength;
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await application.StartAsync();
        return application;
    }
}
