using System.Collections;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace KvTcp.Transport;

/// <summary>
/// A connection that is its own collection of features: some it is itself, the others, a handful that Kestrel and middleware add, stand
/// in it. A hash table of them would be a sixth of what an idle connection costs. One thread at a time, like any feature collection.
/// </summary>
internal abstract class FeaturedConnection : ConnectionContext, IFeatureCollection
{
    // Kestrel adds four; and a fifth when somebody measures connections.
    private const int UsuallyAdded = 4;

    private static readonly Type[] OwnTypes =
    [
        typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IMemoryPoolFeature),
    ];

    private FirstFeatures _first;
    private KeyValuePair<Type, object?>[] _more = [];
    private int _count;

    /// <inheritdoc/>
    public override IFeatureCollection Features => this;

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
            return index >= 0 ? At(index).Value : Array.IndexOf(OwnTypes, key) >= 0 ? this : null;
        }

        set
        {
            Revision++;
            int index = IndexOf(key);
            if (index < 0)
            {
                index = _count++;
                if (index == UsuallyAdded + _more.Length)
                {
                    Array.Resize(ref _more, index);
                }
            }

            // One that is taken away stays as null: it may hide what the connection is itself.
            At(index) = KeyValuePair.Create(key, value);
        }
    }

    /// <inheritdoc/>
    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    /// <inheritdoc/>
    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (Type type in OwnTypes.Union(Enumerable.Range(0, _count).Select(i => At(i).Key)))
        {
            if (this[type] is object feature)
            {
                yield return KeyValuePair.Create(type, feature);
            }
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private ref KeyValuePair<Type, object?> At(int index) => ref index < UsuallyAdded ? ref _first[index] : ref _more[index - UsuallyAdded];

    private int IndexOf(Type key)
    {
        for (int i = 0; i < _count; i++)
        {
            if (At(i).Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    [InlineArray(UsuallyAdded)]
    private struct FirstFeatures
    {
        private KeyValuePair<Type, object?> _feature;
    }
}
