using System.Buffers.Text;
using System.Collections.Concurrent;
using ZeroK.Channel;
using ZeroK.Chaos.Judges;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>A real relay process; the client's side of the handshake in this process. Over TCP the proxy changes the frames; QUIC hides them from a proxy, so there they are changed between the client's handshake and its transport.</summary>
public sealed class ProcessBench : IHandshakeBench
{
    private const int HelloSeconds = 2;

    private readonly StaticIdentity _device = StaticIdentity.Generate();
    private readonly ConcurrentBag<WatchedConnection> _connections = [];
    private readonly ConcurrentBag<byte[]> _ephemerals = [];
    private readonly ITopology _topology;
    private readonly List<string> _filesBefore;
    private readonly IReadOnlyDictionary<string, long> _rowsBefore;

    private ProcessBench(ITopology topology)
    {
        _topology = topology;
        var kept = topology.Relay.WhatItKept();
        (_filesBefore, _rowsBefore) = (Names(kept), StoreRows.Count(kept));
    }

    /// <inheritdoc/>
    public TimeSpan Timeout { get; } = TimeSpan.FromSeconds(HelloSeconds);

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> Secrets => Leaks.SecretsOf(_device);

    /// <summary>Starts the relay.</summary>
    public static async Task<ProcessBench> StartAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var settings = new TopologySettings(run.Settings.RelayDll, run.Settings.AgentDll, run.Settings.ScratchDirectory, run.Seed, run.Settings.Transport) { Clients = 0, RelaySettings = [FormattableString.Invariant($"--Gateway:HelloSeconds={HelloSeconds}")] };
        var topology = await Topologies.StartAsync(run.Tier, settings, cancellationToken).ConfigureAwait(false);
        run.SaveLogs = topology.SaveLogs;
        return new ProcessBench(topology);
    }

    /// <inheritdoc/>
    public async Task<HandshakeOutcome> TryAsync((Direction Direction, TamperPlan Plan)? attack, CancellationToken cancellationToken)
    {
        var before = await FailuresAsync(cancellationToken).ConfigureAwait(false);
        var inProxy = _topology.Settings.Transport == "tcp";
        await using var proxy = await _topology.AddProxyAsync("handshake", (_, direction) => inProxy && attack?.Direction == direction ? new TamperToxic(new FrameTamper(attack.Value.Plan)) : null).ConfigureAwait(false);
        TamperedConnection? tampered = null;
        ChannelException? error = null;
        try
        {
            await UseAsync(proxy, c => tampered = new TamperedConnection(c, inProxy ? null : attack), cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelException e)
        {
            error = e;
        }

        var said = error is null ? "" : await RelaySaidAsync(before, cancellationToken).ConfigureAwait(false);
        var record = inProxy ? new HandshakeRecord(Frames(proxy.Captures[0], 2), Frames(proxy.Captures[1], 1)) : tampered!.Record;
        if (record.Up.Count > 1) _ephemerals.Add(record.Up[1]);
        return new HandshakeOutcome(error is null, error, said, inProxy ? proxy.Hits().Values.Sum() > 0 : tampered!.Tampered, record);
    }

    /// <summary>A reference peer meets the relay, directly, and seals a HELLO with the keys that it recomputed. Empty when the relay's answer opens; otherwise what the relay says went wrong.</summary>
    internal async Task<string> MeetAsync(Func<string, byte[], byte[]?> bend, CancellationToken cancellationToken)
    {
        var before = await FailuresAsync(cancellationToken).ConfigureAwait(false);
        var relay = ProxyAddress.Parse(_topology.Relay.Endpoint);
        var connection = await new TcpTransport().ConnectAsync(new RelayEndpoint(relay.Host, relay.Port), cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var peer = new ReferencePeer(connection, initiator: true) { Bend = bend };
            if (!await peer.RunAsync(cancellationToken).ConfigureAwait(false)) return await RelaySaidAsync(before, cancellationToken).ConfigureAwait(false);
            var hello = new System.Buffers.ArrayBufferWriter<byte>();
            WireCodec.Write(hello, 1, new Hello(new GroupId(new byte[32]), new byte[32], new byte[32], new byte[64], false, default));
            var (up, down) = peer.Schedule.Split();
            var sealedHello = ReferenceSchedule.SealWith(up, 0, [], hello.WrittenSpan.ToArray());
            await connection.SendAsync((byte[])[(byte)(sealedHello.Length >> 8), (byte)sealedHello.Length, .. sealedHello], cancellationToken).ConfigureAwait(false);
            var answer = await peer.NextSealedAsync(cancellationToken).ConfigureAwait(false);
            return answer is not null && ReferenceSchedule.OpenWith(down, 0, [], answer) is not null ? "" : "no answer that opens";
        }
    }

    /// <inheritdoc/>
    public async Task NothingLeftAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        using var limit = new CancellationTokenSource(Timeout * 2, TimeProvider.System);
        double left;
        do
        {
            left = await _topology.Relay.MetricAsync("zerok_connections_half_open", "", cancellationToken).ConfigureAwait(false)
                + await _topology.Relay.MetricAsync("zerok_connections", "", cancellationToken).ConfigureAwait(false)
                + await _topology.Relay.MetricAsync("zerok_sessions", "", cancellationToken).ConfigureAwait(false);
            if (left > 0) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        while (left > 0 && !limit.IsCancellationRequested);
        run.That(left == 0, FormattableString.Invariant($"{left} connections or sessions are left on the relay after twice the timeout"));
        run.That(await _topology.Relay.MetricAsync("zerok_handshakes_total", "\"ok\"", cancellationToken).ConfigureAwait(false) == 0, "the relay took a device in without a HELLO");
        var kept = _topology.Relay.WhatItKept();
        run.That(Names(kept).SequenceEqual(_filesBefore), $"the relay's files were {string.Join(", ", _filesBefore)}; now they are {string.Join(", ", Names(kept))}");
        foreach (var (table, rows) in StoreRows.Count(kept)) run.That(rows == _rowsBefore[table], FormattableString.Invariant($"the relay's table {table} had {_rowsBefore[table]} rows and has {rows}"));
        run.That(MarkerJudge.Decide(Traces(), kept));
        run.That(!_connections.IsEmpty && _connections.All(c => c.IsDisposed), "the client still holds a connection of a failed handshake");
    }

    // Who the device is, and the ephemeral keys of each message 1 (3 bytes of head, X25519 32, ML-KEM 1184).
    private List<ReadOnlyMemory<byte>> Traces() =>
    [
        _device.Public.Fingerprint(), _device.Public.X25519, _device.Public.MlKem768[..32],
        .. _ephemerals.SelectMany(m => new ReadOnlyMemory<byte>[] { m.AsMemory(3, 32), m.AsMemory(35, 32) }),
    ];

    // SQLite makes and removes the files beside a database as it likes.
    private static List<string> Names(IReadOnlyList<ByteSource> kept) =>
        [.. kept.Select(k => k.Name).Where(n => !n.EndsWith("-wal", StringComparison.Ordinal) && !n.EndsWith("-shm", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _topology.DisposeAsync().ConfigureAwait(false);
        _device.Dispose();
    }

    // A clean session goes as far as a HELLO of a stranger: the relay's answer, UNAUTHORIZED, comes through the session's encryption.
    private async Task UseAsync(ChaosProxy proxy, Func<IConnection, IConnection> wrap, CancellationToken cancellationToken)
    {
        ITransport transport = proxy.Protocol == ProxyProtocol.Tcp ? new TcpTransport() : new QuicTransport();
        var fingerprint = Base64Url.DecodeFromChars(_topology.Relay.Address.AbsolutePath.AsSpan().Trim('/'));
        var connection = new WatchedConnection(wrap(await transport.ConnectAsync(new RelayEndpoint(proxy.Listen.Host, proxy.Listen.Port), cancellationToken).ConfigureAwait(false)));
        _connections.Add(connection);
        var options = ChannelOptions.Default with { HandshakeTimeout = Timeout };
        var channel = await SecureChannel.ConnectAsync(connection, _device, fingerprint, options, cancellationToken).ConfigureAwait(false);
        await using (channel.ConfigureAwait(false))
        {
            await channel.SendAsync(1, new Hello(new GroupId(new byte[32]), new byte[32], new byte[32], new byte[64], false, default), cancellationToken).ConfigureAwait(false);
            var answer = await channel.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            if (answer is not { Message: ErrorMessage { Code: ErrorCode.Unauthorized } }) throw new ChannelException(ChannelFailure.Transport, "The relay closed the session before it answered HELLO.");
        }
    }

    private async Task<Dictionary<string, double>> FailuresAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, double>();
        foreach (var failure in Enum.GetNames<ChannelFailure>()) counts[failure] = await _topology.Relay.MetricAsync("zerok_handshakes_total", $"\"{failure}\"", cancellationToken).ConfigureAwait(false);
        counts["sessions ended"] = await _topology.Relay.MetricAsync("zerok_sessions_ended_total", "", cancellationToken).ConfigureAwait(false);
        counts["any"] = await _topology.Relay.MetricAsync("zerok_handshakes_total", "", cancellationToken).ConfigureAwait(false);
        return counts;
    }

    private async Task<string> RelaySaidAsync(Dictionary<string, double> before, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Timeout * 2, TimeProvider.System);
        var any = false;
        while (!limit.IsCancellationRequested)
        {
            var now = await FailuresAsync(cancellationToken).ConfigureAwait(false);
            var more = now.Where(n => n.Value > before[n.Key]).Select(n => n.Key).ToList();

            // Each count is fetched by itself: one that moved meanwhile shows in the sum first.
            var named = more.Where(m => m != "any").ToList();
            if (named.Count > 0) return string.Join(", ", named);
            any |= more.Count > 0;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }

        return any ? "any" : "";
    }

    private static List<byte[]> Frames(Capture capture, int last)
    {
        var frames = new FrameTamper(new TamperPlan(last, TamperAction.None));
        frames.Pass(capture.ToArray());
        return frames.Seen;
    }
}
