using System.Collections;
using Microsoft.AspNetCore.Http.Features;

namespace KvTcp.Transport;

/// <summary>
/// The features of a connection in an array: there are a dozen at most, and a hash table of them would be a sixth of what an idle
/// connection costs. One thread at a time, like any feature collection.
/// </summary>
internal sealed class ConnectionFeatures : IFeatureCollection
{
    private KeyValuePair<Type, object>[] _features;
    private int _count;

    /// <summary>Makes a collection.</summary>
    /// <param name="connection">Is itself the feature of each of the types.</param>
    /// <param name="types">The types.</param>
    public ConnectionFeatures(object connection, ReadOnlySpan<Type> types)
    {
        // Kestrel adds four, and a fifth when somebody measures connections.
        _features = new KeyValuePair<Type, object>[types.Length + 4];
        foreach (Type type in types)
        {
            _features[_count++] = KeyValuePair.Create(type, connection);
        }
    }

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public int Revision { get; private set; }

    /// <inheritdoc/>
    public object? this[Type key]
    {
        get
        {
            int index = IndexOf(key);
            return index < 0 ? null : _features[index].Value;
        }

        set
        {
            Revision++;
            int index = IndexOf(key);
            if (value is null)
            {
                Remove(index);
                return;
            }

            if (index < 0)
            {
                index = _count++;
                if (index == _features.Length)
                {
                    Array.Resize(ref _features, 2 * index);
                }
            }

            _features[index] = KeyValuePair.Create(key, value);
        }
    }

    /// <inheritdoc/>
    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    /// <inheritdoc/>
    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _features.Take(_count).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(Type key)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_features[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    private void Remove(int index)
    {
        if (index >= 0)
        {
            _features[index] = _features[--_count];
            _features[_count] = default;
        }
    }
}
