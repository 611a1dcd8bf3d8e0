using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Proxy.Toxics;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;
using ZeroK.Client;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>A real relay process with its files on disk, and two devices of this process, each with its directory and a path of its own through a proxy.</summary>
internal sealed class ProcessContentBench : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<ContentReference> _received = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly SyncOptions _options;
    private readonly Device _senderDevice, _receiverDevice;
    private readonly CutAfter _cut;
    private int _damaged;
    private Task _receiving = Task.CompletedTask;

    private ProcessContentBench(ScenarioRun run, ITopology topology, ChaosProxy senderLink, ChaosProxy receiverLink, CutAfter cut)
    {
        (Topology, SenderLink, ReceiverLink, _cut) = (topology, senderLink, receiverLink, cut);
        _options = SyncOptions.Default with { Transport = topology.Settings.Transport == "quic" ? TransportChoice.Quic : TransportChoice.Tcp, JitterSeed = run.Random.Next(), BackoffFirst = TimeSpan.FromMilliseconds(5), BackoffMax = TimeSpan.FromMilliseconds(200) };
        var fingerprint = RelayAddress.Parse(topology.Relay.Address.OriginalString).Fingerprint;
        _senderDevice = Device.Init(Path.Combine(run.Settings.ScratchDirectory, "sender"), "sender");
        _receiverDevice = Device.Init(Path.Combine(run.Settings.ScratchDirectory, "receiver"), "receiver");
        using var secret = GroupSecret.Random();
        _senderDevice.CreateGroup(secret, [new RelayAddress(senderLink.Listen.Host, senderLink.Listen.Port, fingerprint.Span)]);
        Devices.Join(_senderDevice, _receiverDevice, new RelayAddress(receiverLink.Listen.Host, receiverLink.Listen.Port, fingerprint.Span));
    }

    public ITopology Topology { get; }

    public ChaosProxy SenderLink { get; }

    public ChaosProxy ReceiverLink { get; }

    public SyncClient Sender { get; private set; } = null!;

    public SyncClient Receiver { get; private set; } = null!;

    /// <summary>Where the relay keeps contents.</summary>
    public string RelayContents => Path.Combine(Topology.Settings.Directory, "relay", "content");

    /// <summary>The bytes that the relay's contents take there.</summary>
    public long RelayContentBytes => new DirectoryInfo(RelayContents).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    /// <summary>Where the sender stages what it puts.</summary>
    public string SenderStages => Path.Combine(_senderDevice.Directory, "content");

    /// <summary>Where the receiver stages what it fetches.</summary>
    public string ReceiverStages => Path.Combine(_receiverDevice.Directory, "content");

    public static async Task<ProcessContentBench> StartAsync(ScenarioRun run, IReadOnlyList<string> relaySettings, CancellationToken cancellationToken)
    {
        var settings = new TopologySettings(run.Settings.RelayDll, run.Settings.AgentDll, run.Settings.ScratchDirectory, run.Seed, run.Settings.Transport) { Clients = 0, RelaySettings = relaySettings };
        var topology = await Topologies.StartAsync(run.Tier, settings, cancellationToken).ConfigureAwait(false);
        run.SaveLogs = topology.SaveLogs;
        var cut = new CutAfter();
        var bench = new ProcessContentBench(run, topology, await topology.AddProxyAsync("sender").ConfigureAwait(false), await topology.AddProxyAsync("receiver", cut.Toxic).ConfigureAwait(false), cut);
        await bench.StartSenderAsync(cancellationToken).ConfigureAwait(false);
        await bench.StartReceiverAsync(cancellationToken).ConfigureAwait(false);
        return bench;
    }

    /// <summary>The sender's client goes, and a new one starts on its directory.</summary>
    public async Task RestartSenderAsync(CancellationToken cancellationToken)
    {
        await Sender.DisposeAsync().ConfigureAwait(false);
        await StartSenderAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The receiver's client goes, and a new one starts on its directory.</summary>
    public async Task RestartReceiverAsync(CancellationToken cancellationToken)
    {
        await Receiver.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        await StartReceiverAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<ContentReference> PutAsync(byte[] content, CancellationToken cancellationToken)
    {
        using var source = new MemoryStream(content);
        return await Sender.PutUncheckedAsync(source, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fetches; says what was handed out before it failed, and how many bytes came over the network.</summary>
    public async Task<(byte[] Bytes, Exception? Failure, long Moved)> GetAsync(ContentReference reference, CancellationToken cancellationToken, Meter? meter = null)
    {
        using var destination = new MemoryStream();
        meter ??= new Meter();
        try
        {
            await Receiver.GetContentAsync(reference, destination, asItArrives: false, meter, cancellationToken).ConfigureAwait(false);
            return (destination.ToArray(), null, meter.Moved);
        }
        catch (Exception e) when (e is ContentException or ContentTransferException or IOException)
        {
            return (destination.ToArray(), e, meter.Moved);
        }
    }

    /// <summary>Fetches and expects the whole.</summary>
    public async Task ComesBackAsync(ScenarioRun run, ContentReference reference, byte[] content, CancellationToken cancellationToken)
    {
        var (bytes, failure, _) = await GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(failure is null && bytes.AsSpan().SequenceEqual(content), $"the content does not come back: {failure?.Message ?? "other bytes"}");
    }

    /// <summary>The receiver's connection ends now; its next one once it has carried so many bytes to it, and each after that at its first byte.</summary>
    public async Task CutReceiverAfterAsync(long bytes)
    {
        _cut.Begin(bytes);
        await ReceiverLink.CutAsync().ConfigureAwait(false);
    }

    /// <summary>The receiver's connections last again.</summary>
    public async Task HealReceiverAsync()
    {
        _cut.End();
        await ReceiverLink.CutAsync().ConfigureAwait(false);
    }

    /// <summary>Waits until a fault on a line has done harm, or what it was to harm is over.</summary>
    public static async Task HitAsync(ChaosProxy link, Task harmed, CancellationToken cancellationToken)
    {
        while (link.Hits().Values.Sum() == 0 && !harmed.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the relay has counted one more object that no longer verifies: its metrics come a little later.</summary>
    public async Task<bool> IsSeenDamagedAsync(CancellationToken cancellationToken)
    {
        _damaged++;
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (await Topology.Relay.MetricAsync("zerok_content_damaged_total", "", cancellationToken).ConfigureAwait(false) < _damaged)
        {
            if (patience.IsCancellationRequested) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>The references that the group's other device was handed, once it has all.</summary>
    public async Task<IReadOnlyList<ContentReference>> PushedAsync(CancellationToken cancellationToken)
    {
        await Sender.FlushAsync(cancellationToken).ConfigureAwait(false);
        await Receiver.CaughtUpAsync(cancellationToken).ConfigureAwait(false);
        lock (_received) return [.. _received];
    }

    /// <summary>The file of an object on the relay: HASH-GENERATION.data.</summary>
    public string FileOf(ContentHash hash) => Directory.EnumerateFileSystemEntries(RelayContents, hash.ToHex() + "*.data", SearchOption.AllDirectories).Single();

    /// <summary>Flips a bit of a file.</summary>
    public static void Flip(string path, long at, byte bit)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ bit));
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await Sender.DisposeAsync().ConfigureAwait(false);
        await Receiver.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _senderDevice.Dispose();
        _receiverDevice.Dispose();
        await Topology.DisposeAsync().ConfigureAwait(false);
        _ended.Dispose();
    }

    private async Task StartSenderAsync(CancellationToken cancellationToken) => Sender = await SyncClient.StartAsync(_senderDevice, _options with { ResumePuts = false }, cancellationToken).ConfigureAwait(false);

    private async Task StartReceiverAsync(CancellationToken cancellationToken)
    {
        Receiver = await SyncClient.StartAsync(_receiverDevice, _options, cancellationToken).ConfigureAwait(false);
        _receiving = ReceiveAsync(Receiver);
    }

    private async Task ReceiveAsync(SyncClient client)
    {
        try
        {
            await foreach (var blob in client.ReceiveAsync(_ended.Token).ConfigureAwait(false))
            {
                if (blob.Content is { } reference) lock (_received) _received.Add(reference);
                await blob.AckAsync(_ended.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The bench or the client ends.
        }
    }

    /// <summary>Counts what moved.</summary>
    internal sealed class Meter : IProgress<ContentProgress>
    {
        public long Moved { get; private set; }

        public void Report(ContentProgress value) => Moved = Math.Max(Moved, value.Moved);
    }

    /// <summary>Ends a line's connections: the first after some bytes, those after it at once.</summary>
    private sealed class CutAfter
    {
        private long _bytes;
        private volatile bool _isOn;

        public void Begin(long bytes)
        {
            _bytes = bytes;
            _isOn = true;
        }

        public void End() => _isOn = false;

        public LimitData? Toxic(long link, Direction direction) => _isOn && direction == Direction.Downstream ? new LimitData(Interlocked.Exchange(ref _bytes, 0)) : null;
    }
}

/// <summary>Brings a second device into a group.</summary>
internal static class Devices
{
    /// <summary>Joins, with another address of the same relay: each device has a path of its own.</summary>
    public static void Join(Device first, Device second, RelayAddress address)
    {
        using var invite = first.CreateInvite();
        using var through = new Invite(invite.Content with { Relays = [address] });
        second.JoinGroup(through);
    }
}
