using System.Net;
using System.Net.Sockets;
using KvTcp.Cli;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class ServerConnectionTests
{
    [Test]
    public void OpenAsync_gives_up_with_69_when_its_time_is_over()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        ServerAddress server = new("there:1", (IPEndPoint)listener.LocalEndpoint);
        Assert.That(
            async () => await ServerConnection.OpenAsync(server, TimeSpan.Zero),
            Throws.TypeOf<CommandException>()
                .With.Property("ExitCode").EqualTo(69)
                .And.Message.StartsWith("cannot connect to there:1: no answer for 0 s"));
    }
}
