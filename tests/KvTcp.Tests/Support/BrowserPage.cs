using Microsoft.Playwright;

namespace KvTcp.Tests.Support;

/// <summary>A page in the browser, and what happened while it was loaded.</summary>
internal sealed class BrowserPage
{
    private readonly IPage _page;
    private readonly List<string> _requests = [];
    private readonly List<string> _messages = [];

    private BrowserPage(IPage page)
    {
        _page = page;
        _page.Request += (_, request) => _requests.Add(request.Url);
        _page.Console += (_, message) => _messages.Add(message.Text);
        _page.PageError += (_, error) => _messages.Add(error);
    }

    /// <summary>The addresses that were requested, the page's own included.</summary>
    public IReadOnlyList<string> Requests => _requests;

    /// <summary>What the browser wrote to its console, and the errors of scripts.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>Opens an address and waits until it and all that it asks for has been loaded.</summary>
    public static async Task<BrowserPage> OpenAsync(IPage page, string address)
    {
        BrowserPage opened = new(page);
        await page.GotoAsync(address, new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        return opened;
    }

    /// <summary>Asks the page, in JavaScript.</summary>
    /// <typeparam name="T">What the answer is.</typeparam>
    /// <param name="expression">The question.</param>
    public Task<T> AskAsync<T>(string expression) => _page.EvaluateAsync<T>(expression);
}
