using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ZeroK.Transport;

namespace ZeroK.Client;

/// <summary>Which transport a client uses.</summary>
public enum TransportChoice
{
    /// <summary>QUIC and TCP race; QUIC has a head start.</summary>
    Auto = 0,
    /// <summary>QUIC only.</summary>
    Quic,
    /// <summary>TCP only.</summary>
    Tcp,
}

/// <summary>How a <see cref="SyncClient"/> behaves. Immutable; change it with <c>with</c>. <see cref="SyncClient.StartAsync"/> checks the ranges.</summary>
public sealed record SyncOptions
{
    /// <summary>The defaults.</summary>
    public static SyncOptions Default { get; } = new();

    /// <summary>Which transport. Default <see cref="TransportChoice.Auto"/>.</summary>
    public TransportChoice Transport { get; init; }

    /// <summary>Transports to use instead of the system's QUIC and TCP, for tests and simulations. Null: the system's.</summary>
    public IReadOnlyList<ITransport>? Transports { get; init; }

    /// <summary>The longest wait between two tries to connect; the real wait is random between 0 and an exponentially growing bound. Default 30 s; 10 ms to 1 h.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first bound of the wait. Default 500 ms; 1 ms to <see cref="BackoffMax"/>.</summary>
    public TimeSpan BackoffFirst { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Connecting, the handshake and HELLO each take at most so long. Default 10 s; 100 ms to 5 min.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Let a relay that is a cluster name the node that does the group's work, and connect there instead: same fingerprint, one try of at most 3 s, the listed address otherwise. Default true; false where devices may reach nothing but the listed addresses.</summary>
    public bool FollowHints { get; init; } = true;

    /// <summary>A request without a reply for so long breaks the connection. Default 30 s; 1 s to 10 min.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes that the outbox may hold; <see cref="SyncClient.PushAsync(ReadOnlyMemory{byte}, string, CancellationToken)"/> waits for room. Default 256 MiB; at least 4 MiB.</summary>
    public long OutboxBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>With several relays: bytes that the outbox keeps for a relay beyond what no relay has; a relay for which more waits is given up (<see cref="RelayGivenUp"/>). Default 256 MiB; at least 4 MiB.</summary>
    public long LaggingBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>With several relays: at the start, a relay waits so long for those before it in the list to connect or fail. Default 2 s; 0 to 1 min.</summary>
    public TimeSpan HeadStart { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>With several relays: one that leaves a request unanswered for so long is not the primary while another one answers. Default 10 s; 100 ms to 10 min.</summary>
    public TimeSpan FailOverAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>With several relays: a relay earlier in the list becomes the primary again when it has been connected without a break for so long. Default 30 s; 0 to 1 h.</summary>
    public TimeSpan FailBackAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Blobs sent and not yet acknowledged. Default 1,024; 1 to 65,536.</summary>
    public int PushWindowBlobs { get; init; } = 1024;

    /// <summary>Bytes sent and not yet acknowledged; one blob always fits. Default 8 MiB; 64 KiB to 256 MiB.</summary>
    public int PushWindowBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes fetched ahead of the app; one page always fits. Default 2 MiB; 64 KiB to 256 MiB.</summary>
    public int PrefetchBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Blobs of one relay that can't be opened and are noted; one more, and that relay is read no more (<see cref="ReadingStopped"/>). Default 1,024; 16 to 65,536.</summary>
    public int QuarantineBlobsMax { get; init; } = 1024;

    /// <summary>Their bytes that are kept, by relay; of those beyond it only the hash is. Default 16 MiB; 64 KiB to 1 GiB.</summary>
    public long QuarantineBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>Make the group anew on a relay that had it and says that it has it no more. Default false: the client stops and says so.</summary>
    public bool RecreateLostGroup { get; init; }

    /// <summary>Start without connecting: <see cref="SyncClient.Resume"/> or <see cref="SyncClient.SyncOnceAsync"/> connects. Default false.</summary>
    public bool StartSuspended { get; init; }

    /// <summary>Go on by itself with puts of contents that an earlier run left. Default true; false leaves them to <see cref="SyncClient.ResumePutAsync"/>.</summary>
    public bool ResumePuts { get; init; } = true;

    /// <summary>Seed of the random waits; null: from the system's random source.</summary>
    public int? JitterSeed { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where log lines go; they name no id, key, name, payload or address.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
