using Microsoft.Playwright;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>Debian's chromium, without a window.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    /// <summary>Starts it; one that is missing fails the test.</summary>
    public static async Task<Browser> StartAsync()
    {
        Assert.That(File.Exists(Program), Is.True, $"{Program} is missing; `./run.sh test` installs it");
        IPlaywright playwright = await Playwright.CreateAsync();
        try
        {
            // Root, which builds in containers run as, may not use chromium's sandbox; the pages are our own.
            BrowserTypeLaunchOptions options = new() { ExecutablePath = Program, Args = ["--no-sandbox"] };
            return new Browser(playwright, await playwright.Chromium.LaunchAsync(options));
        }
        catch
        {
            playwright.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file or an address.</summary>
    /// <param name="path">The file, or the address.</param>
    /// <param name="width">The width of the window.</param>
    /// <param name="isDark">Whether the user prefers dark colours.</param>
    public async Task<BrowserPage> OpenAsync(string path, int width = 1000, bool isDark = false)
    {
        IPage page = await _browser.NewPageAsync(new BrowserNewPageOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
        });
        return await BrowserPage.OpenAsync(page, new Uri(path).AbsoluteUri);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
