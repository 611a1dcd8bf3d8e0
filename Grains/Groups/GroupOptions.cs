using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>What a group may use, and how its grain behaves. <see cref="GroupOptionsValidator"/> checks the ranges at start.</summary>
public sealed class GroupOptions
{
    /// <summary>Bytes that an entry counts beside its body: what the relay keeps to answer retries and to account for every cursor.</summary>
    public const int EntryOverheadBytes = 128;

    /// <summary>Bytes kept for a group, bodies and <see cref="EntryOverheadBytes"/> an entry. 2 MiB to 1 TiB; default 100 MiB.</summary>
    public long GroupBytesMax { get; set; } = 100L * 1024 * 1024;

    /// <summary>How long a blob is kept at most. 1 s to 365 days; default 7 days.</summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Devices that are not blocked. 2 to <see cref="WireLimits.DevicesMax"/>, the default. Blocked ones are remembered up to three times as many again.</summary>
    public int DevicesMax { get; set; } = WireLimits.DevicesMax;

    /// <summary>Bytes of one sealed blob. 1 KiB to <see cref="WireLimits.EnvelopeBytesMax"/>, the default.</summary>
    public int EnvelopeBytesMax { get; set; } = WireLimits.EnvelopeBytesMax;

    /// <summary>Blobs of a group that wait for the store; more are refused with RELAY_OVERLOADED. 256 to 65,536; default 4,096.</summary>
    public int InFlightBlobsMax { get; set; } = 4096;

    /// <summary>Bytes of a group that wait for the store; more are refused with RELAY_OVERLOADED. 6 MiB to 1 GiB; default 16 MiB.</summary>
    public long InFlightBytesMax { get; set; } = 16L * 1024 * 1024;

    /// <summary>Cursors in a page. 1 to <see cref="WireLimits.PullBlobsMax"/>, the default.</summary>
    public int PullBlobsMax { get; set; } = WireLimits.PullBlobsMax;

    /// <summary>Envelope bytes in a page. 1 KiB to <see cref="WireLimits.PullBytesMax"/>, the default. The first blob goes in whatever its size.</summary>
    public int PullBytesMax { get; set; } = WireLimits.PullBytesMax;

    /// <summary>Bytes of the newest bodies kept in memory for each active group, so that a live pull doesn't read the store. 0 to 16 MiB; default 256 KiB.</summary>
    public int TailCacheBytes { get; set; } = 256 * 1024;

    /// <summary>How long changes that an ACK causes may wait for another commit. 1 ms to 1 s, the default. What is lost with them, clients repeat.</summary>
    public TimeSpan LazyWriteDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a device counts as online, and its gateway as one to notify, after its last call. 10 s to 1 h; default 60 s: three keep-alives.</summary>
    public TimeSpan OnlineFor { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often each silo looks for expired blobs. 1 s to 1 day; default 1 minute.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Groups that one sweep looks after. 1 to 100,000; default 1,000.</summary>
    public int SweepGroupsMax { get; set; } = 1000;

    /// <summary>What a refused client is told to wait when the store doesn't answer. 10 ms to 1 minute; default 1 s.</summary>
    public TimeSpan RetryAfterStoreFailure { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What a refused client is told to wait when there is too much in flight, or the group moved to another silo. 10 ms to 1 minute; default 200 ms.</summary>
    public TimeSpan RetryAfterOverload { get; set; } = TimeSpan.FromMilliseconds(200);
}
