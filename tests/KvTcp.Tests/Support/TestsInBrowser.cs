using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>Tests of what a file looks like in a browser, which all of a fixture share.</summary>
public abstract class TestsInBrowser
{
    private TemporaryDirectory _directory = null!;
    private Browser _browser = null!;

    [OneTimeSetUp]
    public async Task StartBrowserAsync()
    {
        _directory = new TemporaryDirectory();
        _browser = await Browser.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopBrowserAsync()
    {
        await _browser.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Opens a file in the browser.</summary>
    /// <param name="name">Its name, whose end says what it is.</param>
    /// <param name="content">Its content.</param>
    /// <param name="width">The width of the window.</param>
    /// <param name="isDark">Whether the user prefers dark colours.</param>
    private protected Task<BrowserPage> OpenAsync(string name, string content, int width = 1000, bool isDark = false) =>
        _browser.OpenAsync(_directory.Write(name, content), width, isDark);

    /// <summary>The red, green and blue of an element, 0 to 255.</summary>
    /// <param name="page">The page.</param>
    /// <param name="element">What finds it.</param>
    /// <param name="property">Which colour of it, as JavaScript names it.</param>
    private protected static Task<int[]> ColourAsync(BrowserPage page, string element, string property) =>
        page.AskAsync<int[]>($"() => getComputedStyle(document.querySelector('{element}')).{property}.match(/\\d+/g).map(Number)");
}
