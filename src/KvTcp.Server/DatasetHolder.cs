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
    private int _rollbacks;

    /// <summary>Makes a holder.</summary>
    /// <param name="first">The first dataset; null while there is none, and requests get <c>ERR LOADING</c>.</param>
    public DatasetHolder(ServedDataset? first = null) => _current = first;

    /// <summary>The dataset that requests are answered from; null while nothing is loaded. Look into it with a lease only.</summary>
    public ServedDataset? Current => Volatile.Read(ref _current);

    /// <summary>The dataset that a rollback returns to, or null.</summary>
    public ServedDataset? Previous => Volatile.Read(ref _previous);

    /// <summary>
    /// How many rollbacks there were. Who means to change what is served remembers the number from before, and does so only while it still holds.
    /// </summary>
    internal int Rollbacks => Volatile.Read(ref _rollbacks);

    /// <summary>Disposes both datasets.</summary>
    public void Dispose()
    {
        TryWithdraw(Rollbacks);
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

    /// <summary>Makes a dataset the current one, unless somebody has rolled back since; what was current becomes the previous one.</summary>
    /// <remarks>With equal pairs in both nothing has changed that a rollback could undo, so the previous one stays what it is.</remarks>
    /// <param name="next">The dataset, which the holder takes over if it is published.</param>
    /// <param name="rollbacks">The <see cref="Rollbacks"/> of when it was asked for.</param>
    /// <returns>Whether it is published.</returns>
    internal bool TryPublish(ServedDataset next, int rollbacks)
    {
        ServedDataset? retired;
        lock (_changes)
        {
            if (rollbacks != _rollbacks)
            {
                return false;
            }

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
        return true;
    }

    /// <summary>Makes the previous dataset the current one, if there is one, and lets nothing be published that was asked for before.</summary>
    /// <remarks>Where nothing is served nothing changes: nobody can have seen what he wants to be rid of, and a reload is all there is to hope for.</remarks>
    internal Rollback RollBack()
    {
        lock (_changes)
        {
            if (_current is null)
            {
                return default;
            }

            _rollbacks++;
            if (_previous is null)
            {
                return new Rollback(EndsReloads: true, Returned: null, Retired: null);
            }

            Rollback rollback = new(EndsReloads: true, Returned: _previous, Retired: _current);
            Volatile.Write(ref _current, _previous);
            _previous = null;
            return rollback;
        }
    }

    /// <summary>Stops serving, unless somebody has rolled back since: until the next <see cref="TryPublish"/> nothing is loaded.</summary>
    /// <param name="rollbacks">The <see cref="Rollbacks"/> of when it was asked for.</param>
    /// <returns>What was served, disposed; its memory is there until the last lease is released.</returns>
    internal ServedDataset? TryWithdraw(int rollbacks)
    {
        ServedDataset? retired;
        lock (_changes)
        {
            if (rollbacks != _rollbacks)
            {
                return null;
            }

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
