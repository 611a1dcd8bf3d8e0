using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NewChannel = System.Threading.Channels.Channel;

namespace ZeroK.Client.Sync;

/// <summary>Hands events to every reader; a late one gets the last 256 first. A reader that falls 4,096 behind loses the oldest.</summary>
/// <param name="watch">Sees each event as it is published, on the publisher's thread.</param>
internal sealed class EventHub(Action<SyncEvent>? watch = null)
{
    private const int Kept = 256, Behind = 4096;
    private readonly Lock _gate = new();
    private readonly Queue<SyncEvent> _recent = [];
    private readonly List<Channel<SyncEvent>> _readers = [];
    private bool _closed;

    public void Publish(SyncEvent happened)
    {
        ClientTelemetry.Happened(happened);
        watch?.Invoke(happened);
        lock (_gate)
        {
            if (_closed) return;
            _recent.Enqueue(happened);
            if (_recent.Count > Kept) _recent.Dequeue();
            foreach (var reader in _readers) reader.Writer.TryWrite(happened);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (var reader in _readers) reader.Writer.TryComplete();
        }
    }

    public async IAsyncEnumerable<SyncEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = NewChannel.CreateBounded<SyncEvent>(new BoundedChannelOptions(Behind) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            foreach (var happened in _recent) channel.Writer.TryWrite(happened);
            if (_closed) channel.Writer.TryComplete();
            _readers.Add(channel);
        }

        try
        {
            await foreach (var happened in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return happened;
        }
        finally
        {
            lock (_gate) _readers.Remove(channel);
        }
    }
}
