using KvTcp.Cli;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class RequestWindowTests
{
    [TestCase(40, 4096, Description = "short values: as many as are of use")]
    [TestCase(1 << 20, 64, Description = "values of 1 MiB: 64 MiB in all")]
    [TestCase(16 << 20, 4, Description = "values of 16 MiB: 64 MiB in all")]
    public async Task Size_adapts_to_the_longest_value(int length, int size)
    {
        using RequestWindow window = new();
        int entered = 0;
        for (int i = 0; i < 5000; i++)
        {
            entered = await FillAsync(window, entered) - 1;
            window.Leave(length);
        }

        await FillAsync(window, entered);
        Assert.That(window.Size, Is.EqualTo(size));
        Assert.That(window.EnterAsync().IsCompleted, Is.False, "the window is full");
    }

    private static async Task<int> FillAsync(RequestWindow window, int entered)
    {
        for (; entered < window.Size; entered++)
        {
            await window.EnterAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }

        return entered;
    }
}
