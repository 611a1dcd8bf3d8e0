using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using ZeroK.Bench.Relay;
using ZeroK.Wire;

namespace ZeroK.Bench.Abuse;

/// <summary>Two devices of one group: 50 blobs of 1 KiB a second go from one to the other, timed from when each was due.</summary>
internal sealed class WorkingPair : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan NewcomerPatience = TimeSpan.FromSeconds(20);

    private readonly RelayUnderTest _relay;
    private readonly Group _group;
    private readonly RawSession _writer;
    private readonly RawSession _reader;
    private readonly SemaphoreSlim _news = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<double> _latencies = [];
    private Task _work = Task.CompletedTask;

    private WorkingPair(RelayUnderTest relay, Group group, RawSession writer, RawSession reader)
    {
        (_relay, _group, _writer, _reader) = (relay, group, writer, reader);
        _reader.Notified = _ => _news.Release();
    }

    public static async Task<WorkingPair> StartAsync(RelayUnderTest relay)
    {
        var group = new Group();
        var pair = new WorkingPair(relay, group, await group.JoinAsync(relay), await group.JoinAsync(relay));
        pair._work = Task.WhenAll(Task.Run(pair.WriteAsync), Task.Run(pair.ReadAsync));
        return pair;
    }

    /// <summary>What was measured since the last call, milliseconds.</summary>
    public List<double> TakeLatencies()
    {
        lock (_latencies)
        {
            var taken = _latencies.ToList();
            _latencies.Clear();
            return taken;
        }
    }

    /// <summary>How long a third device takes to get in, tries included, in words.</summary>
    public async Task<string> NewDeviceAsync()
    {
        var start = _clock.Elapsed;
        var tries = 0;
        while (_clock.Elapsed - start < NewcomerPatience)
        {
            tries++;
            try
            {
                await using var session = await _group.JoinAsync(_relay).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System);
                return string.Create(CultureInfo.InvariantCulture, $"{(_clock.Elapsed - start).TotalMilliseconds:0} ({tries})");
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or TimeoutException or ObjectDisposedException or Channel.ChannelException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
            }
        }

        return $"never ({tries})";
    }

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        for (ulong n = 1; !_stop.IsCancellationRequested; n++)
        {
            var due = Period * n;
            while (_clock.Elapsed < due) await timer.WaitForNextTickAsync();
            var body = Group.Body(1024);
            BinaryPrimitives.WriteInt64LittleEndian(body, due.Ticks);
            var blob = new PushBlob(BlobId.New(), n, body);
            while (!_stop.IsCancellationRequested && !await IsTakenAsync(blob)) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    // What the relay refuses for now is sent again, as the client library does: its delay is the latency.
    private async Task<bool> IsTakenAsync(PushBlob blob)
    {
        try
        {
            var answer = await await _writer.SendAsync(new Push([blob]));
            return answer is PushAck { Results: [{ Code: ErrorCode.None }, ..] };
        }
        catch (Exception e) when (_stop.IsCancellationRequested && e is IOException or ObjectDisposedException or Channel.ChannelException)
        {
            return true;
        }
    }

    private async Task ReadAsync()
    {
        var after = Cursor.Zero;
        while (!_stop.IsCancellationRequested)
        {
            await _news.WaitAsync(_stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            while (!_stop.IsCancellationRequested)
            {
                var answer = await await _reader.SendAsync(new Pull(after, 100, WireLimits.PullBytesMax));
                if (answer is not PullResponse page)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
                    continue;
                }

                after = page.Through;
                foreach (var blob in page.Blobs) Record(blob);
                await _reader.TellAsync(new Ack(after));
                if (page.Through >= page.Head) break;
            }
        }
    }

    private void Record(PulledBlob blob)
    {
        var due = new TimeSpan(BinaryPrimitives.ReadInt64LittleEndian(blob.Envelope.Span));
        lock (_latencies) _latencies.Add((_clock.Elapsed - due).TotalMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_work, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System));
        await _writer.DisposeAsync();
        await _reader.DisposeAsync();
        _group.Dispose();
    }
}
