using System.Buffers.Text;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;
using ZeroK.Client;
using ZeroK.Client.Keys;
using ZeroK.Client.Session;
using ZeroK.Client.Store;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>A group on a relay: on the mock tier in this process, on the processes tier the real relay behind a proxy. Readers' bytes pass <see cref="Flip"/>; the author's don't.</summary>
internal sealed class GroupBench : IAsyncDisposable
{
    private readonly GroupSecret _secret = GroupSecret.Random();
    private readonly List<(SyncClient Client, DeviceIdentity Identity)> _readers = [];
    private readonly List<IAsyncDisposable> _parts = [];
    private readonly TextLog _log = new();
    private Author? _author;

    private GroupBench(ScenarioRun run) => Flip = new ByteFlip(run.Random.Next());

    /// <summary>Changes what readers receive.</summary>
    public ByteFlip Flip { get; }

    public KeyRing Keys => new(_secret, 1);

    public required ITransport AuthorTransport { get; init; }

    public required ITransport ReaderTransport { get; init; }

    public required RelayAddress AuthorAddress { get; init; }

    public required RelayAddress ReaderAddress { get; init; }

    /// <summary>What clients logged.</summary>
    public IReadOnlyList<string> LogLines => _log.Lines;

    /// <summary>The group's secret and the keys made of it, raw.</summary>
    public IReadOnlyList<byte[]> Secrets
    {
        get
        {
            var secret = new byte[GroupSecret.Size];
            _secret.Export(secret);
            using var keys = Keys;
            return [secret, keys.Blob.Export(NSec.Cryptography.KeyBlobFormat.RawSymmetricKey), keys.DeviceName.Export(NSec.Cryptography.KeyBlobFormat.RawSymmetricKey)];
        }
    }

    public static async Task<GroupBench> StartAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        var bench = run.Tier == "mock" ? await MockAsync(run, cancellationToken).ConfigureAwait(false) : await ProcessesAsync(run, cancellationToken).ConfigureAwait(false);
        bench._author = await Author.ConnectAsync(bench, cancellationToken).ConfigureAwait(false);
        return bench;
    }

    public Author Author => _author!;

    /// <summary>A device of the group with the client library, its state in memory.</summary>
    public SyncClient StartReader(IStateStore? store = null)
    {
        var identity = DeviceIdentity.Generate();
        var options = SyncOptions.Default with { Transports = [ReaderTransport], LoggerFactory = _log, JitterSeed = 7, BackoffFirst = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(20) };
        var client = SyncClient.Start(Keys, Author.Group, identity, "reader", ReaderAddress, store ?? new MemoryStateStore(), new TransportConnector(ReaderAddress, identity, options), held: null, options);
        _readers.Add((client, identity));
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (client, identity) in _readers)
        {
            await client.DisposeAsync().ConfigureAwait(false);
            identity.Dispose();
        }

        if (_author is not null) await _author.DisposeAsync().ConfigureAwait(false);
        foreach (var part in _parts) await part.DisposeAsync().ConfigureAwait(false);
        _secret.Dispose();
        _log.Dispose();
    }

    private static async Task<GroupBench> MockAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        var relay = new MockRelay();
        var (plain, attacked) = (new MemoryNetwork(), new MemoryNetwork());
        await relay.ListenAsync(plain, cancellationToken).ConfigureAwait(false);
        await relay.ListenAsync(attacked, cancellationToken).ConfigureAwait(false);
        var address = new RelayAddress("relay", 4840, relay.Fingerprint.Span);
        var bench = new GroupBench(run) { AuthorTransport = plain, ReaderTransport = attacked, AuthorAddress = address, ReaderAddress = address };
        attacked.Tap = chunk => ValueTask.FromResult(chunk.Direction == MemoryDirection.ToClient ? bench.Flip.Pass(chunk.Bytes) : chunk.Bytes);
        bench._parts.Add(relay);
        return bench;
    }

    private static async Task<GroupBench> ProcessesAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        var settings = new TopologySettings(run.Settings.RelayDll, run.Settings.AgentDll, run.Settings.ScratchDirectory, run.Seed, "tcp") { Clients = 0 };
        var topology = await Topologies.StartAsync(run.Tier, settings, cancellationToken).ConfigureAwait(false);
        run.SaveLogs = topology.SaveLogs;
        GroupBench? bench = null;
        var proxy = await topology.AddProxyAsync("readers", (_, direction) => direction == Direction.Downstream ? new FlipToxic(() => bench!.Flip) : null).ConfigureAwait(false);
        var fingerprint = Base64Url.DecodeFromChars(topology.Relay.Address.AbsolutePath.AsSpan().Trim('/'));
        var relay = ProxyAddress.Parse(topology.Relay.Endpoint);
        bench = new GroupBench(run)
        {
            AuthorTransport = new TcpTransport(),
            ReaderTransport = new TcpTransport(),
            AuthorAddress = new RelayAddress(relay.Host, relay.Port, fingerprint),
            ReaderAddress = new RelayAddress(proxy.Listen.Host, proxy.Listen.Port, fingerprint),
        };
        bench._parts.Add(proxy);
        bench._parts.Add(topology);
        return bench;
    }

    private sealed class FlipToxic(Func<ByteFlip> flip) : Toxic
    {
        public override void Apply(Piece piece, ToxicLink link, PieceSink emit)
        {
            if (piece.Kind != PieceKind.Data)
            {
                emit(piece);
                return;
            }

            var before = flip().Done;
            var bytes = flip().Pass(piece.Bytes);
            if (flip().Done != before) link.Hit();
            emit(piece with { Bytes = bytes });
        }
    }
}

/// <summary>Flips one bit of the next chunk once armed.</summary>
internal sealed class ByteFlip(int seed)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private bool _armed;

    /// <summary>How many bits were flipped.</summary>
    public int Done { get; private set; }

    public void Arm()
    {
        lock (_gate) _armed = true;
    }

    public ReadOnlyMemory<byte> Pass(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            // Behind the length field, so that the seal is what is broken.
            if (!_armed || bytes.Length <= 2) return bytes;
            _armed = false;
            Done++;
            var changed = bytes.ToArray();
            changed[_random.Next(2, changed.Length)] ^= (byte)(1 << _random.Next(8));
            return changed;
        }
    }
}

/// <summary>Keeps log lines as text.</summary>
internal sealed class TextLog : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{logLevel} {formatter(state, exception)} {exception}");
        lock (_gate) _lines.Add(line);
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It keeps lines itself.");

    public void Dispose()
    {
    }
}
