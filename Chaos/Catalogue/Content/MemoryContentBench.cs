using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Client.Keys;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>A sender, a relay and a receiver of contents, all in memory: no socket, no disk.</summary>
internal sealed class MemoryContentBench : IDisposable
{
    private readonly KeyRing _keys;
    private readonly SyncOptions _options;

    /// <param name="run">Its seed is that of everything here.</param>
    /// <param name="parts">What it is made of.</param>
    public MemoryContentBench(ScenarioRun run, MemoryParts parts)
    {
        Parts = parts;
        var secret = new byte[GroupSecret.Size];
        run.Random.NextBytes(secret);
        using var group = GroupSecret.Import(secret, source: null);
        _keys = new KeyRing(group, 1);
        _options = SyncOptions.Default with { JitterSeed = run.Random.Next(), BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(10) };
        SenderStore = new MemoryTransferStore();
        Sender = Device(SenderStore);
        Receiver = Device(ReceiverStore);
    }

    public MemoryParts Parts { get; }

    public MemoryContentRelay Relay { get; } = new();

    public KeyRing Keys => _keys;

    public ITransferStore SenderStore { get; private set; }

    public MemoryTransferStore ReceiverStore { get; } = new();

    public ReferenceLog Outbox { get; } = new();

    public ContentDevice Sender { get; private set; }

    public ContentDevice Receiver { get; private set; }

    /// <summary>As after kill -9 of the sender: only its store is left.</summary>
    public void RestartSender(ITransferStore? store = null) => Sender = Device(SenderStore = store ?? Parts.Reopened(SenderStore));

    /// <summary>As after kill -9 of the receiver.</summary>
    public void RestartReceiver() => Receiver = Device(Parts.Reopened(ReceiverStore));

    public async Task<ContentReference> PutAsync(byte[] content, CancellationToken cancellationToken, string? name = null)
    {
        using var source = new MemoryStream(content);
        return await Sender.PutAsync(source, new ContentOptions { Name = name }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches; says what was handed out before it failed, if it did.</summary>
    public async Task<(byte[] Bytes, Exception? Failure)> GetAsync(ContentReference reference, CancellationToken cancellationToken, bool asItArrives = false)
    {
        using var destination = new MemoryStream();
        try
        {
            await Receiver.GetAsync(reference, destination, asItArrives, cancellationToken).ConfigureAwait(false);
            return (destination.ToArray(), null);
        }
        catch (Exception e) when (e is ContentException or ContentTransferException or IOException)
        {
            return (destination.ToArray(), e);
        }
    }

    public void Dispose()
    {
        _keys.Dispose();
        SenderStore.Dispose();
        ReceiverStore.Dispose();
    }

    private ContentDevice Device(ITransferStore store) => Parts.Device(new ContentService(Relay, store, _keys, Parts.Outbox(Outbox), _options));

    /// <summary>The references that went to the group.</summary>
    internal sealed class ReferenceLog : IReferenceOutbox
    {
        private readonly List<ContentReference> _pushed = [];

        public IReadOnlyList<ContentReference> Pushed
        {
            get
            {
                lock (_pushed) return [.. _pushed];
            }
        }

        public ulong LastSequence => (ulong)Pushed.Count;

        public Task PushAsync(ContentReference reference, CancellationToken cancellationToken)
        {
            lock (_pushed) _pushed.Add(reference);
            return Task.CompletedTask;
        }

        public bool? WasPushed(ContentReference reference, ulong after) => Pushed.Skip((int)after).Any(r => r.Id == reference.Id);
    }
}
