using System.ComponentModel.DataAnnotations;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>Every limit of the gateway. Names end with their unit; each has its range and default here, and <see cref="GatewayOptionsValidator"/> names what is out of range at start.</summary>
public sealed record GatewayOptions
{
    /// <summary>Where to listen: an IP address, or "*" for all. Default "*".</summary>
    public string Listen { get; init; } = "*";

    /// <summary>The port, TCP and UDP; 0: the system chooses. 0 to 65,535, default 4840.</summary>
    [Range(0, 65_535)]
    public int Port { get; init; } = RelayEndpoint.DefaultPort;

    /// <summary>Proxies before the relay that say whose connection they pass on (PROXY protocol version 2, TCP): addresses and networks such as "10.0.0.0/8, ::1". They must say it with each connection; limits then count the clients' addresses. Default none.</summary>
    public string ProxyProtocolFrom { get; init; } = "";

    /// <summary>Connections from one address (IPv6: one /64; a /56 twice as many), half-open ones included. All devices behind one NAT or proxy are one address. 1 to 1,000,000, default 100.</summary>
    [Range(1, 1_000_000)]
    public int ConnectionsPerAddressMax { get; init; } = 100;

    /// <summary>Connections from one network (IPv4 /24, IPv6 /48), and never fewer than from one address. 1 to 1,000,000, default 1,000.</summary>
    [Range(1, 1_000_000)]
    public int ConnectionsPerNetworkMax { get; init; } = 1_000;

    /// <summary>Connections in all, half-open ones included. 1 to 1,000,000, default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int ConnectionsMax { get; init; } = 10_000;

    /// <summary>Connections that have not said HELLO yet, from one address (its networks: twice as many); above, the oldest of them ends. 1 to 1,000,000, default 64.</summary>
    [Range(1, 1_000_000)]
    public int HandshakesPerAddressMax { get; init; } = 64;

    /// <summary>Connections that have not said HELLO yet, in all; above, the oldest of the network with most of them ends. 1 to 1,000,000, default 256.</summary>
    [Range(1, 1_000_000)]
    public int HandshakesMax { get; init; } = 256;

    /// <summary>Connections of one address in a second, ten seconds' worth at once (IPv6 /56: twice as many, a network: five times); above, they are refused before anything is computed. 1 to 1,000,000, default 50.</summary>
    [Range(1, 1_000_000)]
    public int HandshakesPerAddressPerSecond { get; init; } = 50;

    /// <summary>Handshakes that are computed in a second, in all; above, clients are told to come back. From half of it on they must first send back a cookie. 1 to 1,000,000, default 500.</summary>
    [Range(1, 1_000_000)]
    public int HandshakesPerSecond { get; init; } = 500;

    /// <summary>Seconds from accepting a connection to its first bytes, a whole first message. 1 to 120, default 3.</summary>
    [Range(1, 120)]
    public int FirstBytesSeconds { get; init; } = 3;

    /// <summary>Seconds from accepting a connection to its HELLO, all reading included. 1 to 120, default 10.</summary>
    [Range(1, 120)]
    public int HelloSeconds { get; init; } = 10;

    /// <summary>Seconds between a client's heartbeats; a session without a message for twice this long is closed. 1 to 3,600, default 20.</summary>
    [Range(1, 3_600)]
    public int KeepAliveSeconds { get; init; } = 20;

    /// <summary>Seconds that a client may take to accept a frame, and one more for each FrameBytesPerSecondMin of it. 1 to 600, default 30.</summary>
    [Range(1, 600)]
    public int SendSeconds { get; init; } = 30;

    /// <summary>Seconds in which a frame that was begun must be whole, and one more for each FrameBytesPerSecondMin of it. 1 to 600, default 30.</summary>
    [Range(1, 600)]
    public int FrameSeconds { get; init; } = 30;

    /// <summary>The slowest that a frame may move in either direction, bytes in a second. 1 to 1,000,000,000, default 8,192.</summary>
    [Range(1, 1_000_000_000)]
    public int FrameBytesPerSecondMin { get; init; } = 8_192;

    /// <summary>Bytes queued to be sent to one session before its replies wait. 4 KiB to 64 MiB, default 256 KiB.</summary>
    [Range(4 * 1024, 64 * 1024 * 1024)]
    public int SendQueueBytesMax { get; init; } = 256 * 1024;

    /// <summary>Messages of one device in a second, over all its connections. 1 to 10,000,000, default 1,000.</summary>
    [Range(1, 10_000_000)]
    public int MessagesPerDevicePerSecond { get; init; } = 1_000;

    /// <summary>Messages of all devices in a second. 1 to 100,000,000, default 100,000.</summary>
    [Range(1, 100_000_000)]
    public int MessagesPerSecond { get; init; } = 100_000;

    /// <summary>Seconds' worth of messages that may come at once after a pause. 1 to 60, default 2.</summary>
    [Range(1, 60)]
    public int BurstSeconds { get; init; } = 2;

    /// <summary>Bytes of blobs that one group may write in a second whoever else writes, ten seconds' worth gathered; above, it draws on its address's. 1 KiB to 1 GiB, default 256 KiB.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int WriteBytesPerGroupPerSecond { get; init; } = 256 * 1024;

    /// <summary>Bytes of blobs that the groups of one address may write in a second beyond their own share, four seconds' worth at once (IPv6 /56: twice as many, a network: five times); above, PUSH is refused with RATE_LIMITED. 4 KiB to 1 GiB, default 4 MiB.</summary>
    [Range(4 * 1024, 1024 * 1024 * 1024)]
    public int WriteBytesPerAddressPerSecond { get; init; } = 4 * 1024 * 1024;

    /// <summary>Requests of one session under way before reading from it pauses. 1 to 10,000, default 128.</summary>
    [Range(1, 10_000)]
    public int SessionRequestsMax { get; init; } = 128;

    /// <summary>Bytes of requests and pages of one session under way before reading from it pauses. 64 KiB to 256 MiB, default 8 MiB.</summary>
    [Range(64 * 1024, 256 * 1024 * 1024)]
    public int SessionBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>Side streams of one session at once, where its transport has streams: one for each of a client's transfers. 0 to 14, default 8; 0: contents go on the main stream.</summary>
    [Range(0, 14)]
    public int StreamsMax { get; init; } = 8;

    /// <summary>Bytes of requests, pages and begun frames of all sessions under way, frames at most half of it, those of one address an eighth (8 MiB at least); above, requests are refused with RELAY_OVERLOADED and large frames wait. 16 MiB (a largest frame must fit beside others) to 64 GiB, default 256 MiB.</summary>
    [Range(16L * 1024 * 1024, 64L * 1024 * 1024 * 1024)]
    public long BytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Percent of the memory that the process may have (the machine's, or the container's limit); above, requests are refused with RELAY_OVERLOADED. 1 to 100, default 85; 100: never.</summary>
    [Range(1, 100)]
    public int MemoryPercentMax { get; init; } = 85;

    /// <summary>Pages read at the same time, all sessions together, and never more than half of BytesMax has room for; more wait. 1 to 10,000, default 64.</summary>
    [Range(1, 10_000)]
    public int PullsMax { get; init; } = 64;

    /// <summary>Times that a call to a group is tried when the cluster, not the group, fails it. 1 to 20, default 12.</summary>
    [Range(1, 20)]
    public int CallAttemptsMax { get; init; } = 12;

    /// <summary>Seconds that a request may take in all, retries included. 1 to 300, default 20.</summary>
    [Range(1, 300)]
    public int CallSeconds { get; init; } = 20;

    /// <summary>Milliseconds after which clients are told to try again when the relay is at a limit. 10 to 600,000, default 1,000.</summary>
    [Range(10, 600_000)]
    public int RetryAfterMs { get; init; } = 1_000;

    /// <summary>Seconds in which shutting down finishes what was accepted. 1 to 300, default 10.</summary>
    [Range(1, 300)]
    public int ShutdownSeconds { get; init; } = 10;

    /// <summary>Seconds that a closed session's peer gets to read the last frames. 1 to 60, default 2.</summary>
    [Range(1, 60)]
    public int LingerSeconds { get; init; } = 2;

    /// <summary>Bytes of one sealed blob. 1 KiB to 1,114,112, which is the default.</summary>
    [Range(1024, WireLimits.EnvelopeBytesMax)]
    public int EnvelopeBytesMax { get; init; } = WireLimits.EnvelopeBytesMax;

    /// <summary>Blobs in one PUSH. 1 to 256, which is the default.</summary>
    [Range(1, WireLimits.PushBlobsMax)]
    public int PushBlobsMax { get; init; } = WireLimits.PushBlobsMax;

    /// <summary>Envelope bytes in one PUSH of more than one blob. 1 KiB to 4 MiB, which is the default.</summary>
    [Range(1024, WireLimits.PushBytesMax)]
    public int PushBytesMax { get; init; } = WireLimits.PushBytesMax;

    /// <summary>Blobs in one page. 1 to 100, which is the default.</summary>
    [Range(1, WireLimits.PullBlobsMax)]
    public int PullBlobsMax { get; init; } = WireLimits.PullBlobsMax;

    /// <summary>Envelope bytes in one page of more than one blob. 1 KiB to 4 MiB, which is the default.</summary>
    [Range(1024, WireLimits.PullBytesMax)]
    public int PullBytesMax { get; init; } = WireLimits.PullBytesMax;

    internal TimeSpan HelloTimeout => TimeSpan.FromSeconds(HelloSeconds);
    internal TimeSpan IdleTimeout => TimeSpan.FromSeconds(2L * KeepAliveSeconds);
    internal TimeSpan Linger => TimeSpan.FromSeconds(LingerSeconds);
}
