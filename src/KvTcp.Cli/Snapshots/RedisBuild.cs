using System.IO.Pipelines;
using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Makes a dataset of all pairs of a Redis: they are read as lines of a data file, so that the dataset is the same as of such a file.</summary>
internal sealed class RedisBuild
{
    private readonly RedisUrl _url;
    private readonly DataFileOptions _options;

    /// <summary>Prepares.</summary>
    /// <param name="url">Which Redis.</param>
    /// <param name="options">Which pairs are allowed, and what becomes of others.</param>
    public RedisBuild(RedisUrl url, DataFileOptions options)
    {
        _url = url;

        // SCAN may give a key twice, so that it says nothing about the data.
        _options = options with { Duplicates = DuplicatePolicy.Last };
    }

    /// <summary>Loads.</summary>
    /// <param name="output">Receives <c>name value</c> lines.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>The dataset, which is the caller's.</returns>
    /// <exception cref="CommandException">A pair is bad, or the Cluster has changed meanwhile.</exception>
    /// <exception cref="RedisException">The Redis cannot be reached, or refuses.</exception>
    public async Task<Dataset> LoadAsync(TextWriter output, CancellationToken stop)
    {
        RedisOptions options = new() { MaxValueLength = DataFileOptions.LargestMaxValueLength };
        await using RedisClient client = await RedisClient.ConnectAsync(_url, options, stop);
        long total = 0;
        foreach (RedisAddress master in client.Masters)
        {
            total += await client.CountKeysAsync(master, stop);
        }

        WorkProgress progress = new(total);
        Pipe lines = new(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 2 << 20, useSynchronizationContext: false));
        using RedisExport export = new(client, _url, _options, lines.Writer, progress.Report);
        Task<LoadResult> load = Task.Run(
            () => DatasetLoader.Load([DataSource.FromStream(lines.Reader.AsStream(), _url.ToString())], _options, progress: null, stop),
            CancellationToken.None);
        Task read = export.RunAsync(stop);
        await ProgressBar.ShowAsync("Reading", Task.WhenAll(read, load).ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default), progress);

        // What the load says of a reading that has failed is only that it has.
        if (read.IsFaulted || !load.IsFaulted)
        {
            await read;
        }

        LoadResult loaded = await load;
        RedisReport.Write(output, export, loaded.Report);
        return loaded.Dataset;
    }
}
