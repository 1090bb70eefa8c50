using Microsoft.Playwright;

namespace KvTcp.Tests.Support;

/// <summary>A page in the browser, and what happened while it was loaded.</summary>
internal sealed class BrowserPage
{
    // Two texts may touch by a pixel, for a text's box is a little larger than what is drawn.
    private const string CoveredTexts = """
        () => [...document.querySelectorAll('svg')].flatMap(svg => {
            const texts = [...svg.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
            const covers = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
            return texts.flatMap(([one, a], index) => texts.slice(index + 1).filter(([, b]) => covers(a, b)).map(([two]) => `${one} | ${two}`));
        })
        """;

    private const string TextsOutside = """
        () => [...document.querySelectorAll('svg')].flatMap(svg => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter(text => {
                const inner = text.getBoundingClientRect();
                return inner.left < box.left || inner.right > box.right || inner.top < box.top || inner.bottom > box.bottom;
            }).map(text => text.textContent);
        })
        """;

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

    /// <summary>Waits until the page says yes.</summary>
    /// <param name="expression">The question, in JavaScript.</param>
    public Task UntilAsync(string expression) => Patience.UntilAsync(() => AskAsync<bool>(expression), expression);

    /// <summary>Waits until an element's text contains another.</summary>
    /// <param name="element">What finds it.</param>
    /// <param name="text">The text, without apostrophes.</param>
    public Task UntilTextAsync(string element, string text) =>
        UntilAsync($"() => document.querySelector('{element}').textContent.includes('{text}')");

    /// <summary>Writes into a field.</summary>
    public Task FillAsync(string element, string text) => _page.FillAsync(element, text);

    /// <summary>Presses a button.</summary>
    public Task ClickAsync(string element) => _page.ClickAsync(element);

    /// <summary>Loads the page again.</summary>
    public Task ReloadAsync() => _page.ReloadAsync();

    /// <summary>Presses a key, such as Tab.</summary>
    public Task PressAsync(string key) => _page.Keyboard.PressAsync(key);

    /// <summary>Looks for texts of a drawing that cover each other.</summary>
    /// <returns>The texts, in pairs.</returns>
    public Task<string[]> CoveredTextsAsync() => AskAsync<string[]>(CoveredTexts);

    /// <summary>Looks for texts of a drawing that reach out of it.</summary>
    public Task<string[]> TextsOutsideAsync() => AskAsync<string[]>(TextsOutside);
}
