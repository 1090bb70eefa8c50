using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace KvTcp.Cli;

/// <summary>A terminal that shows <see cref="StatsScreen"/>, on the screen that full-screen programs have for themselves. Not thread-safe.</summary>
internal sealed class StatsTerminal : IStatsDisplay
{
    // xterm's control sequences, https://invisible-island.net/xterm/ctlseqs/ctlseqs.html, which every terminal of today knows.
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string ClearToEndOfLine = "\e[K";
    private const string ClearToEndOfScreen = "\e[J";
    private const int UsualWidth = 80;
    private const int UsualHeight = 24;

    private readonly TextWriter _terminal;
    private readonly Func<(int Width, int Height)> _size;
    private readonly bool _isColoured;
    private readonly bool _isUnicode;

    /// <summary>Takes a terminal over until it is disposed.</summary>
    /// <param name="terminal">Receives what is shown.</param>
    /// <param name="size">Its size, which may change.</param>
    /// <param name="isColoured">Whether colours are wanted.</param>
    /// <param name="isUnicode">Whether it shows more than ASCII.</param>
    internal StatsTerminal(TextWriter terminal, Func<(int Width, int Height)> size, bool isColoured, bool isUnicode)
    {
        _terminal = terminal;
        _size = size;
        _isColoured = isColoured;
        _isUnicode = isUnicode;
        _terminal.Write(Enter);
    }

    /// <summary>Takes over the terminal that standard output is; null when that is none, or one that cannot move its cursor.</summary>
    /// <param name="output">Standard output.</param>
    public static StatsTerminal? TryOpen(TextWriter output) =>
        Console.IsOutputRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb"
            ? null
            : new StatsTerminal(
                output,
                static () => (Console.WindowWidth, Console.WindowHeight),
                isColoured: string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
                isUnicode: Console.OutputEncoding.CodePage == Encoding.UTF8.CodePage);

    /// <inheritdoc/>
    public void Show(StatsView view)
    {
        (int width, int height) = _size();
        width = width > 1 ? width : UsualWidth;
        height = height > 1 ? height : UsualHeight;
        string[] lines = Render(StatsScreen.Compose(view, width, _isUnicode), width).TrimEnd('\n').Split('\n');
        StringBuilder frame = new(Home);
        // Each line is written over the one before it, and nothing is cleared first, so nothing flickers.
        frame.AppendJoin("\r\n", lines.Take(height).Select(static line => line + ClearToEndOfLine)).Append(ClearToEndOfScreen);
        _terminal.Write(frame.ToString());
    }

    /// <summary>Gives the terminal back as it was.</summary>
    public void Dispose() => _terminal.Write(Leave);

    private string Render(IRenderable screen, int width)
    {
        using StringWriter text = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = _isColoured ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = _isColoured ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = _isUnicode;
        console.Write(screen);
        return text.ToString();
    }
}
