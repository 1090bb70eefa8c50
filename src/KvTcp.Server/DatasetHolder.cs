using System.Diagnostics.CodeAnalysis;
using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>
/// The dataset that a server answers from, and the one before it, which a rollback returns to. Thread-safe; a reader pays one read
/// of a field for it.
/// </summary>
/// <remarks>It owns the datasets that it is given, and disposes each as soon as it needs it no more; leases outlive that.</remarks>
public sealed class DatasetHolder : IDisposable
{
    private readonly Lock _changes = new();
    private ServedDataset? _current;
    private ServedDataset? _previous;

    /// <summary>Makes a holder.</summary>
    /// <param name="first">The first dataset; null while there is none, and requests get <c>ERR LOADING</c>.</param>
    public DatasetHolder(ServedDataset? first = null) => _current = first;

    /// <summary>The dataset that requests are answered from; null while nothing is loaded. Look into it with a lease only.</summary>
    public ServedDataset? Current => Volatile.Read(ref _current);

    /// <summary>The dataset that <see cref="RollBack"/> returns to, or null.</summary>
    public ServedDataset? Previous => Volatile.Read(ref _previous);

    /// <summary>Disposes both datasets.</summary>
    public void Dispose()
    {
        Withdraw();
        DropPrevious();
    }

    /// <summary>Takes a lease on the current dataset.</summary>
    /// <param name="served">The dataset.</param>
    /// <param name="lease">Its lease, to be released once.</param>
    /// <returns>False when nothing is loaded.</returns>
    /// <exception cref="ObjectDisposedException">Somebody else has disposed the current dataset.</exception>
    internal bool TryAcquire([NotNullWhen(true)] out ServedDataset? served, out DatasetLease lease)
    {
        for (; ; )
        {
            served = Current;
            if (served is null)
            {
                lease = default;
                return false;
            }

            if (served.Dataset.TryAcquire(out lease))
            {
                return true;
            }

            // A dataset is disposed only after another one has taken its place, so the next round finds that.
            ObjectDisposedException.ThrowIf(served == Current, served.Dataset);
        }
    }

    /// <summary>Makes a dataset the current one; what was current becomes the previous one.</summary>
    /// <remarks>With equal pairs in both nothing has changed that a rollback could undo, so the previous one stays what it is.</remarks>
    /// <param name="next">The dataset, which the holder takes over.</param>
    internal void Publish(ServedDataset next)
    {
        ServedDataset? retired;
        lock (_changes)
        {
            if (_current is null || _current.Dataset.Id == next.Dataset.Id)
            {
                retired = _current;
            }
            else
            {
                retired = _previous;
                _previous = _current;
            }

            Volatile.Write(ref _current, next);
        }

        retired?.Dataset.Dispose();
    }

    /// <summary>Makes the previous dataset the current one, and disposes what was current.</summary>
    /// <returns>The dataset; null when there is no previous one, and nothing has changed.</returns>
    internal ServedDataset? RollBack()
    {
        ServedDataset? retired;
        ServedDataset? next;
        lock (_changes)
        {
            next = _previous;
            if (next is null)
            {
                return null;
            }

            retired = _current;
            _previous = null;
            Volatile.Write(ref _current, next);
        }

        retired?.Dataset.Dispose();
        return next;
    }

    /// <summary>Stops serving: until the next <see cref="Publish"/> nothing is loaded.</summary>
    /// <returns>What was served, disposed; its memory is there until the last lease is released.</returns>
    internal ServedDataset? Withdraw()
    {
        ServedDataset? retired;
        lock (_changes)
        {
            retired = _current;
            Volatile.Write(ref _current, null);
        }

        retired?.Dataset.Dispose();
        return retired;
    }

    /// <summary>Gives up the previous dataset.</summary>
    /// <returns>That dataset, disposed; its memory is there until the last lease is released.</returns>
    internal ServedDataset? DropPrevious()
    {
        ServedDataset? retired;
        lock (_changes)
        {
            retired = _previous;
            _previous = null;
        }

        retired?.Dataset.Dispose();
        return retired;
    }
}
