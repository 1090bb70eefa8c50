using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>
/// Requests that are sent at once. All of them stand encoded in one buffer from the start, and filling it only overwrites the keys. For
/// one thread.
/// </summary>
internal sealed unsafe class RequestBatch : IDisposable
{
    private const int TargetLength = 64 << 10;

    private readonly KeyPicker _picker;
    private readonly byte* _bytes;
    private readonly int _requestLength;
    private readonly int _keysPerRequest;
    private readonly int[] _places;
    private readonly long[] _keys;

    /// <summary>Encodes the requests.</summary>
    /// <param name="template">A request.</param>
    /// <param name="depth">The most that are ever sent at once.</param>
    /// <param name="picker">Chooses the keys.</param>
    public RequestBatch(RequestTemplate template, int depth, KeyPicker picker)
    {
        _picker = picker;
        _requestLength = template.Bytes.Length;
        _keysPerRequest = template.KeyPlaces.Count;
        Capacity = Math.Clamp(TargetLength / _requestLength, 1, depth);
        _bytes = (byte*)NativeMemory.Alloc((nuint)Capacity, (nuint)_requestLength);
        _keys = new long[Capacity * _keysPerRequest];
        _places = new int[_keys.Length];
        for (int request = 0; request < Capacity; request++)
        {
            template.Bytes.Span.CopyTo(new Span<byte>(_bytes + (request * _requestLength), _requestLength));
            for (int key = 0; key < _keysPerRequest; key++)
            {
                _places[(request * _keysPerRequest) + key] = (request * _requestLength) + template.KeyPlaces[key];
            }
        }
    }

    /// <summary>The most requests that it holds.</summary>
    public int Capacity { get; }

    /// <summary>Chooses the keys of the first requests.</summary>
    /// <param name="count">How many requests, at most <see cref="Capacity"/>.</param>
    /// <returns>Their bytes.</returns>
    public ReadOnlySpan<byte> Fill(int count)
    {
        int total = count * _keysPerRequest;
        for (int first = 0; first < total; first += KeyPicker.BatchSize)
        {
            Span<long> keys = _keys.AsSpan(first, Math.Min(KeyPicker.BatchSize, total - first));
            _picker.Pick(keys);
            for (int i = 0; i < keys.Length; i++)
            {
                _picker.Write(keys[i], _bytes + _places[first + i]);
            }
        }

        return new ReadOnlySpan<byte>(_bytes, count * _requestLength);
    }

    /// <summary>The keys that the last <see cref="Fill"/> chose for a request.</summary>
    /// <param name="request">Which one.</param>
    public ReadOnlySpan<long> Keys(int request) => _keys.AsSpan(request * _keysPerRequest, _keysPerRequest);

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_bytes);
}
