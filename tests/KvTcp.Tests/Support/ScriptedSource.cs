using KvTcp.Server;
using KvTcp.Store;

namespace KvTcp.Tests.Support;

/// <summary>A source whose data a test sets, and which waits when a test wants it to.</summary>
/// <param name="name">Its name.</param>
internal sealed class ScriptedSource(string name = "scripted") : DatasetSource
{
    private string _text = "";
    private int _version;

    public override string Name { get; } = name;

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

    /// <summary>What happens at the end of each load, when the source is asked whether it has changed meanwhile.</summary>
    public Action OnLoaded { get; set; } = static () => { };

    /// <summary>How often the source was asked.</summary>
    public int Fetches { get; private set; }

    internal override bool IsRemote => true;

    /// <summary>The data of a source beside another one: one pair, of <see cref="TestDataset.Key"/> of 1000.</summary>
    public static string OtherPair(string value) => $"{TestDataset.Key(1000)} {value}\n";

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
                CurrentVersion = () =>
                {
                    OnLoaded();
                    return new Number(_version);
                },
            };
    }

    private sealed record Number(int Value) : SourceVersion;
}
