using ZeroK.Channel;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Session;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>Tries one relay over one transport, for a diagnosis. Changes nothing: no group is made, nothing is pushed or acknowledged, and the device's state is not opened, so a client may run meanwhile.</summary>
public static class RelayProbe
{
    /// <summary>Connects, does the handshake, says HELLO, asks for the devices.</summary>
    /// <param name="device">A device with a group.</param>
    /// <param name="relay">Which relay.</param>
    /// <param name="transport">QUIC or TCP; Auto races both.</param>
    /// <param name="options">Clock, timeouts and, in tests, transports; null: the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How far it came; failures are in it, not thrown.</returns>
    /// <exception cref="DeviceException">The device has no group.</exception>
    public static async Task<RelayProbeResult> RunAsync(Device device, RelayAddress relay, TransportChoice transport, SyncOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(relay);
        options = (options ?? SyncOptions.Default) with { Transport = transport };
        SyncOptionsRules.Check(options);
        var content = device.Content;
        using var keys = new KeyRing(content.Secret!, content.Epoch);
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var result = new RelayProbeResult { Relay = relay };
        var startedAt = options.Time.GetTimestamp();
        try
        {
            await using var dialed = await new TransportConnector(relay, device.Identity, options).DialAsync([relay.Endpoint], end.Token).ConfigureAwait(false);
            result = result with { IsReachable = true, Transport = dialed.Kind, WhyNotQuic = dialed.WhyNotQuic, ConnectTime = options.Time.GetElapsedTime(startedAt) };
            await using var session = new RelaySession(await dialed.GreetAsync(end.Token).ConfigureAwait(false), options);
            result = result with { IsIdentityRight = true, HandshakeTime = options.Time.GetElapsedTime(startedAt) - result.ConnectTime };
            await session.HelloAsync(new Hello(content.Group, device.Identity.SigningKey, keys.AdmissionKey, keys.SignHello(session.HandshakeHash.Span, content.Group, device.Id), false, SealedName.Seal(keys, content.Group, device.Id, device.Name)), end.Token).ConfigureAwait(false);
            result = Welcomed(result, session.Welcome, options.Time.GetUtcNow());
            var receiving = session.ReceiveAsync(_ => { }, end.Token);
            if (await session.RequestAsync(new ListDevices(), end.Token).ConfigureAwait(false) is Devices devices)
                result = result with { UnreadableNames = devices.List.Count(d => SealedName.Open(keys, content.Group, d.Id, d.SealedName.Span) is null) };
            await session.GoodbyeAsync(end.Token).ConfigureAwait(false);
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return result;
        }
        catch (Exception e) when (e is SessionFailedException or ChannelException or TransportException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var failure = SessionFailedException.From(e);
            return result with { ErrorCode = failure.Code, Error = failure.Reason, IsIdentityWrong = e is ChannelException { Failure: ChannelFailure.Identity } };
        }
    }

    private static RelayProbeResult Welcomed(RelayProbeResult result, Welcome welcome, DateTimeOffset now) => result with
    {
        IsAdmitted = true,
        ClockAhead = now - DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(welcome.TimeMs, 253_402_300_799_999)),
        GroupBytesMax = welcome.Limits.GroupBytesMax,
        EnvelopeBytesMax = welcome.Limits.EnvelopeBytesMax,
        KeptFor = TimeSpan.FromSeconds(Math.Min(welcome.Limits.TimeToLiveSeconds, int.MaxValue)),
        Devices = (int)Math.Min(welcome.DeviceCount, int.MaxValue),
        LastSequence = welcome.LastSequence,
    };
}

/// <summary>How far <see cref="RelayProbe"/> came.</summary>
public sealed record RelayProbeResult
{
    /// <summary>The relay.</summary>
    public required RelayAddress Relay { get; init; }

    /// <summary>A transport connected.</summary>
    public bool IsReachable { get; init; }

    /// <summary>Which.</summary>
    public TransportKind Transport { get; init; }

    /// <summary>Why it is not QUIC; null if it is or was not wanted.</summary>
    public string? WhyNotQuic { get; init; }

    /// <summary>Until the transport was connected.</summary>
    public TimeSpan ConnectTime { get; init; }

    /// <summary>The handshake succeeded: the relay has the key that its address names.</summary>
    public bool IsIdentityRight { get; init; }

    /// <summary>It has another key than its address names.</summary>
    public bool IsIdentityWrong { get; init; }

    /// <summary>The handshake's time.</summary>
    public TimeSpan HandshakeTime { get; init; }

    /// <summary>HELLO was accepted: the group is there, and its keys are this device's.</summary>
    public bool IsAdmitted { get; init; }

    /// <summary>This device's clock minus the relay's; includes half a round trip.</summary>
    public TimeSpan ClockAhead { get; init; }

    /// <summary>What the relay keeps for the group at most, bytes.</summary>
    public ulong GroupBytesMax { get; init; }

    /// <summary>The largest sealed blob that it takes, bytes.</summary>
    public uint EnvelopeBytesMax { get; init; }

    /// <summary>How long it keeps a blob.</summary>
    public TimeSpan KeptFor { get; init; }

    /// <summary>Devices of the group, this one included.</summary>
    public int Devices { get; init; }

    /// <summary>Devices whose sealed names don't open with this device's keys.</summary>
    public int UnreadableNames { get; init; }

    /// <summary>The highest sequence that it has of this device.</summary>
    public ulong LastSequence { get; init; }

    /// <summary>What went wrong, for a person; null if nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>The relay's code.</summary>
    public ErrorCode ErrorCode { get; init; }
}
