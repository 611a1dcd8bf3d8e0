using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using ZeroK.Client;

namespace ZeroK.Chaos.Cluster;

/// <summary>Two apps of one group with the real client library: one pushes numbers, the other gets them, and both note what an app would have to care about.</summary>
internal sealed class AppPair : IAsyncDisposable
{
    private readonly Device _writing;
    private readonly Device _reading;
    private readonly SyncClient _writer;
    private readonly SyncClient _reader;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly List<Task> _running = [];
    private long _pushed;
    private long _received;
    private int _connections;

    private AppPair(Device writing, Device reading, SyncClient writer, SyncClient reader)
    {
        (_writing, _reading, _writer, _reader) = (writing, reading, writer, reader);
        foreach (var client in new[] { writer, reader }) _running.Add(Task.Run(() => WatchAsync(client)));
        _running.Add(Task.Run(ReceiveAsync));
    }

    /// <summary>Numbers that the reader got, each once and in order; what came otherwise is an error.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Sessions that the two began.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>What an app would have seen as an error.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Makes the devices and their group, and connects.</summary>
    /// <param name="nodes">The cluster.</param>
    /// <param name="directory">Where the devices' states go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<AppPair> StartAsync(Nodes nodes, string directory, CancellationToken cancellationToken)
    {
        var relay = new RelayAddress("127.0.0.1", nodes.EndpointOf(0).Port, nodes.Fingerprint.Span);
        var writing = Device.Init(Path.Combine(directory, "writer"), "writer");
        using (var secret = GroupSecret.Random()) writing.CreateGroup(secret, [relay]);
        var reading = Device.Init(Path.Combine(directory, "reader"), "reader");
        using (var invite = writing.CreateInvite()) reading.JoinGroup(invite);
        var options = SyncOptions.Default with { Transport = TransportChoice.Tcp, Transports = [new BehindOneName(nodes)] };
        return new AppPair(writing, reading, await SyncClient.StartAsync(writing, options, cancellationToken).ConfigureAwait(false), await SyncClient.StartAsync(reading, options, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Pushes at a steady rate; returns when told to stop.</summary>
    public async Task PushAsync(double perSecond, CancellationToken until)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / perSecond));
        try
        {
            while (await timer.WaitForNextTickAsync(until).ConfigureAwait(false))
            {
                await _writer.PushAsync(BitConverter.GetBytes(_pushed + 1), cancellationToken: CancellationToken.None).ConfigureAwait(false);
                Interlocked.Increment(ref _pushed);
            }
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is SyncException or DeviceException)
        {
            _errors.Enqueue("a push failed: " + e.Message);
        }
    }

    /// <summary>Waits until the reader has all; false if that takes too long.</summary>
    public async Task<bool> SettleAsync(TimeSpan patience)
    {
        var since = Stopwatch.GetTimestamp();
        while (Received < Interlocked.Read(ref _pushed))
        {
            if (Stopwatch.GetElapsedTime(since) > patience) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System).ConfigureAwait(false);
        }

        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _reader.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
        _reading.Dispose();
        _stop.Dispose();
    }

    private async Task ReceiveAsync()
    {
        try
        {
            await foreach (var blob in _reader.ReceiveAsync(_stop.Token).ConfigureAwait(false))
            {
                var (number, expected) = (BitConverter.ToInt64(blob.Payload.Span), Received + 1);
                if (number != expected) _errors.Enqueue(string.Create(CultureInfo.InvariantCulture, $"number {number} came where {expected} was due"));
                await blob.AckAsync(_stop.Token).ConfigureAwait(false);
                Interlocked.Exchange(ref _received, number);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is SyncException or DeviceException)
        {
            _errors.Enqueue("receiving ended: " + e.Message);
        }
    }

    private async Task WatchAsync(SyncClient client)
    {
        try
        {
            await foreach (var happened in client.EventsAsync(_stop.Token).ConfigureAwait(false)) Note(happened);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
    }

    // That the connection changes is no app's business: nothing is lost and nobody is asked.
    private void Note(SyncEvent happened)
    {
        if (happened is Connected) Interlocked.Increment(ref _connections);
        if (happened is not (Connected or Disconnected)) _errors.Enqueue(happened.ToString());
    }
}
