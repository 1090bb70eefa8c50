using KvTcp.Server;
using KvTcp.Store;

namespace KvTcp.Tests.Support;

/// <summary>A source whose data a test sets, and which waits when a test wants it to.</summary>
internal sealed class ScriptedSource : DatasetSource
{
    private string _text = "";
    private int _version;

    public override string Name => "scripted";

    /// <summary>The data; setting it makes a new version.</summary>
    public string Text
    {
        get => _text;
        set
        {
            _text = value;
            _version++;
        }
    }

    /// <summary>What happens at each fetch.</summary>
    public Func<CancellationToken, Task> OnFetch { get; set; } = static _ => Task.CompletedTask;

    /// <summary>How often the source was asked.</summary>
    public int Fetches { get; private set; }

    /// <summary>One pair a value, with <see cref="TestDataset.Key"/> of 0 and up.</summary>
    public static string Pairs(params IEnumerable<string> values) =>
        string.Concat(values.Select(static (value, i) => $"{TestDataset.Key(i)} {value}\n"));

    internal override async Task<FetchedData?> FetchAsync(SourceVersion? known, CancellationToken cancellationToken)
    {
        Fetches++;
        await OnFetch(cancellationToken);
        Number version = new(_version);
        return version == known
            ? null
            : new FetchedData(DataSource.FromStream(new MemoryStream(ByteText.Bytes(_text)), Name), version, Path: null, _text.Length)
            {
                CurrentVersion = () => new Number(_version),
            };
    }

    private sealed record Number(int Value) : SourceVersion;
}
