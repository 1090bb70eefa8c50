using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests;

/// <summary>Ends what tests share, when all are done.</summary>
[SetUpFixture]
public class SharedServers
{
    [OneTimeTearDown]
    public Task EndAsync() => RedisCluster.EndSharedAsync();
}
