using System.Diagnostics.Metrics;
using System.Globalization;

namespace KvTcp.Server.Metrics;

// https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4
//
// family = "# HELP" SP name SP text LF  "# TYPE" SP name SP type LF  *( name [ "{" label *( "," label ) "}" ] SP value LF )
// label  = name "=" DQUOTE escaped DQUOTE

/// <summary>An instrument as Prometheus has it: a name, a type, and a value for each set of labels. Histograms are thread-safe to record.</summary>
internal sealed class MetricFamily
{
    private readonly string _help;
    private readonly string _type;
    private readonly double[]? _boundaries;
    private readonly List<(string Labels, double Value)> _values = [];
    private readonly long[] _buckets;
    private readonly Lock _lock = new();
    private double _sum;

    /// <summary>Makes the family of an instrument.</summary>
    public MetricFamily(Instrument instrument)
    {
        bool isCounter = instrument.GetType().GetGenericTypeDefinition() == typeof(ObservableCounter<>);
        _boundaries = instrument switch
        {
            Histogram<double> { Advice: { } advice } => [.. advice.HistogramBucketBoundaries!],
            Histogram<long> { Advice: { } advice } => [.. advice.HistogramBucketBoundaries!.Select(static boundary => (double)boundary)],
            _ => null,
        };
        _buckets = new long[(_boundaries?.Length ?? 0) + 1];
        _type = _boundaries is not null ? "histogram" : isCounter ? "counter" : "gauge";
        _help = Escape(instrument.Description ?? "", isLabel: false);
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        Name = LabelName(instrument.Name) + unit + (isCounter ? "_total" : "");
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Drops what observable instruments have told.</summary>
    public void Forget() => _values.Clear();

    /// <summary>Takes a value.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_boundaries is null)
        {
            _values.Add((Labels(tags), value));
            return;
        }

        int bucket = Array.FindIndex(_boundaries, boundary => value <= boundary);
        lock (_lock)
        {
            _buckets[bucket < 0 ? _boundaries.Length : bucket]++;
            _sum += value;
        }
    }

    /// <summary>The counts of a histogram's buckets, not summed up; the last is of what is above all boundaries.</summary>
    public HistogramCounts Counts()
    {
        lock (_lock)
        {
            return new HistogramCounts(_boundaries ?? [], [.. _buckets]);
        }
    }

    /// <summary>Writes the family; nothing when it has no values.</summary>
    public void Write(TextWriter text)
    {
        if (_boundaries is null && _values.Count == 0)
        {
            return;
        }

        text.WriteLine($"# HELP {Name} {_help}");
        text.WriteLine($"# TYPE {Name} {_type}");
        if (_boundaries is not null)
        {
            WriteBuckets(text, _boundaries);
            return;
        }

        foreach ((string labels, double value) in _values)
        {
            text.WriteLine($"{Name}{labels} {Number(value)}");
        }
    }

    private void WriteBuckets(TextWriter text, double[] boundaries)
    {
        lock (_lock)
        {
            long count = 0;
            for (int i = 0; i < _buckets.Length; i++)
            {
                count += _buckets[i];
                text.WriteLine($"{Name}_bucket{{le=\"{(i < boundaries.Length ? Number(boundaries[i]) : "+Inf")}\"}} {count}");
            }

            text.WriteLine($"{Name}_sum {Number(_sum)}");
            text.WriteLine($"{Name}_count {count}");
        }
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        List<string> labels = [];
        foreach ((string name, object? value) in tags)
        {
            labels.Add($"{LabelName(name)}=\"{Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", isLabel: true)}\"");
        }

        return $"{{{string.Join(',', labels)}}}";
    }

    private static string LabelName(string name) => name.Replace('.', '_');

    private static string Escape(string text, bool isLabel)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return isLabel ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
