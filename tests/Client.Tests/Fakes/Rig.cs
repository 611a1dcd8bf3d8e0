using System.Text;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Store;
using ZeroK.Noise;
using ZeroK.Wire;
using Xunit;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>A group with a fake relay, and devices to start in it.</summary>
internal sealed class Rig(int relays = 1) : IAsyncDisposable
{
    private readonly GroupSecret _secret = GroupSecret.Import(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), source: null);
    private readonly List<SyncClient> _clients = [];

    private readonly Dictionary<byte, IStateStore> _stores = [];

    public static readonly RelayAddress Address = AddressOf(0);

    public IReadOnlyList<FakeRelay> Relays { get; } = [.. Enumerable.Range(0, relays).Select(_ => new FakeRelay())];

    public FakeRelay Relay => Relays[0];

    public SyncOptions Options { get; set; } = SyncOptions.Default with { JitterSeed = 7, BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(20), FailBackAfter = TimeSpan.FromMilliseconds(50), FailOverAfter = TimeSpan.FromMinutes(1) };

    public GroupId Group
    {
        get
        {
            using var keys = Keys();
            return keys.GroupOfFirstKey();
        }
    }

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<byte, DeviceIdentity> Identities = new();

    /// <summary>A device's identity, the same for its number in all tests; nobody disposes of it.</summary>
    public static DeviceIdentity Identity(byte number) => Identities.GetOrAdd(number, static n => DeviceIdentity.Import([.. Enumerable.Range(0, DeviceIdentity.SecretBytes).Select(i => (byte)(n + i))]));

    public static DeviceId Id(byte number) => new(Identity(number).Id.Span);

    public static RelayAddress AddressOf(int relay) => new("relay.example", 4840, Enumerable.Repeat((byte)relay, 32).ToArray());

    /// <summary>What a device was started with last.</summary>
    public IStateStore StoreOf(byte device) => _stores[device];

    public KeyRing Keys() => new(_secret, 1);

    public SyncClient Start(byte device, IStateStore? store = null, KeyRing? keys = null)
    {
        store ??= new MemoryStateStore();
        _stores[device] = store;
        var client = SyncClient.Start(keys ?? Keys(), Group, Identity(device), $"device {device}", [.. Relays.Select((r, i) => (new ZeroK.Client.Session.RelayWays(AddressOf(i), [AddressOf(i).Endpoint]), r.ConnectorOf(Id(device))))], store, held: null, Options);
        _clients.Add(client);
        return client;
    }

    /// <summary>Seals blobs as another device would, chained.</summary>
    public List<(BlobId Id, ulong Sequence, byte[] Envelope)> Sealed(byte device, int count, KeyRing? keys = null)
    {
        var blobs = new List<(BlobId, ulong, byte[])>();
        var hash = new byte[32];

        // Locked memory is scarce: one ring for all, and none is left behind.
        using var own = keys is null ? Keys() : null;
        var group = Group;
        for (var i = 1; i <= count; i++)
        {
            var id = BlobId.New();
            var envelope = Envelope.Seal(keys ?? own!, group, id, new EnvelopeHeader(Id(device), (ulong)i, hash, 1000, null), Encoding.UTF8.GetBytes($"{device}/{i}"));
            hash = Envelope.Hash(envelope);
            blobs.Add((id, (ulong)i, envelope));
        }

        return blobs;
    }

    public static async Task<List<string>> TakeAsync(SyncClient client, int count, bool ack = true)
    {
        var texts = new List<string>();
        using var patience = Patience();
        if (count == 0) return texts;
        await foreach (var blob in client.ReceiveAsync(patience.Token))
        {
            texts.Add(Encoding.UTF8.GetString(blob.Payload.Span));
            if (ack) await blob.AckAsync(patience.Token);
            if (texts.Count == count) break;
        }

        return texts;
    }

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var patience = Patience();
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, "Not within 60 s: " + what);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    /// <summary>Waits for an event of a kind.</summary>
    public static async Task<T> EventAsync<T>(SyncClient client) where T : SyncEvent
    {
        using var patience = Patience();
        await foreach (var happened in client.EventsAsync(patience.Token))
            if (happened is T wanted) return wanted;
        throw new InvalidOperationException($"No {typeof(T).Name} came.");
    }

    public static async Task<List<SyncEvent>> EventsSoFarAsync(SyncClient client)
    {
        var events = new List<SyncEvent>();
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(30), TimeProvider.System);
        try
        {
            await foreach (var happened in client.EventsAsync(now.Token)) events.Add(happened);
        }
        catch (OperationCanceledException)
        {
            // That is all there is.
        }

        return events;
    }

    public static CancellationTokenSource Patience() => new(TimeSpan.FromSeconds(60), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        _secret.Dispose();
    }
}
