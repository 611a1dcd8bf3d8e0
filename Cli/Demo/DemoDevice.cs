using System.Collections.Concurrent;
using ZeroK.Cli.Files;
using ZeroK.Cli.Sync;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Demo;

/// <summary>What a demo device received, and where it lies.</summary>
internal sealed record DemoArrival(Cursor Cursor, string? Label, byte[] Payload, string? File, long At)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[blob]";
}

/// <summary>One of the demo's two devices: its directory, its live session, and what it received.</summary>
internal sealed class DemoDevice : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly SafeFileWriter _files;
    private readonly TimeProvider _time;
    private readonly Task _receiving;
    private readonly Task _watching;
    private readonly SemaphoreSlim _arrived = new(0);

    private DemoDevice(ISyncSession session, string folder, TimeProvider time)
    {
        Session = session;
        _time = time;
        _files = new SafeFileWriter(folder);
        _receiving = ReceiveAsync();
        _watching = WatchAsync();
    }

    /// <summary>Its session.</summary>
    public ISyncSession Session { get; }

    /// <summary>What it received, in order.</summary>
    public ConcurrentQueue<DemoArrival> Arrivals { get; } = new();

    /// <summary>What was wrong, in its view.</summary>
    public ConcurrentQueue<string> Problems { get; } = new();

    /// <summary>How often it connected.</summary>
    public int Connections { get; private set; }

    /// <summary>Starts to sync, and to write what arrives below a folder.</summary>
    public static async Task<DemoDevice> StartAsync(CliHost host, string directory, string folder, SyncOptions options, CancellationToken cancellationToken) =>
        new(await host.Sessions.OpenAsync(directory, options, alone: true, cancellationToken), folder, host.Time);

    /// <summary>Waits until so many blobs have arrived and are acknowledged.</summary>
    public async Task ArrivedAsync(int count, CancellationToken cancellationToken)
    {
        while (Arrivals.Count < count)
        {
            var next = _arrived.WaitAsync(cancellationToken);
            if (await Task.WhenAny(next, _receiving) == _receiving) await _receiving;
            await next;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Session.DisposeAsync();
        await Task.WhenAll(_receiving, _watching);
        _end.Dispose();
        _arrived.Dispose();
    }

    private async Task ReceiveAsync()
    {
        try
        {
            await foreach (var blob in Session.ReceiveAsync(_end.Token))
            {
                var at = _time.GetTimestamp();
                var file = blob.Label is null ? null : _files.Write(blob.Label, $"{blob.Sequence}", blob.Payload.Span).Path;
                await blob.AckAsync(_end.Token);
                Arrivals.Enqueue(new DemoArrival(blob.Cursor, blob.Label, blob.Payload.ToArray(), file, at));
                _arrived.Release();
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The demo is over.
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var happened in Session.EventsAsync(_end.Token))
            {
                if (happened is Connected) Connections++;
                if (Terminal.SyncEventText.Describe(happened) is { IsProblem: true } told) Problems.Enqueue(told.Text);
                if (happened is Refused refused) Problems.Enqueue(refused.WhatToDo);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The demo is over.
        }
    }
}
