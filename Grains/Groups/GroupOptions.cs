using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>What a group may use, and how its grain behaves. <see cref="GroupOptionsValidator"/> checks the ranges at start.</summary>
public sealed class GroupOptions
{
    /// <summary>Bytes that an entry counts beside its body: what the relay keeps of it in memory, and of its row in the store, to answer retries and to account for every cursor.</summary>
    public const int EntryOverheadBytes = 256;

    /// <summary>Bytes kept for a group, bodies and <see cref="EntryOverheadBytes"/> an entry. 2 MiB to 1 TiB; default 100 MiB.</summary>
    public long GroupBytesMax { get; set; } = 100L * 1024 * 1024;

    /// <summary>How long a blob is kept at most. 1 s to 365 days; default 7 days.</summary>
    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Devices that are not blocked. 2 to <see cref="WireLimits.DevicesMax"/>, the default. Blocked ones are remembered up to three times as many again.</summary>
    public int DevicesMax { get; set; } = WireLimits.DevicesMax;

    /// <summary>Devices that a group may get in an hour; more are refused with RATE_LIMITED. 1 to 1,024; default 512.</summary>
    public int NewDevicesPerHourMax { get; set; } = 2 * WireLimits.DevicesMax;

    /// <summary>Devices that a group may block in an hour; more are refused with RATE_LIMITED. 1 to 1,024; default 256.</summary>
    public int BlockedDevicesPerHourMax { get; set; } = WireLimits.DevicesMax;

    /// <summary>How long a device that doesn't come any more is kept, blocked or not; one that has never read or pushed anything twice as long as a blob. 1 h to 3,650 days, and not less than <see cref="TimeToLive"/>; default 180 days.</summary>
    public TimeSpan DeviceKeep { get; set; } = TimeSpan.FromDays(180);

    /// <summary>How long a group that nobody uses any more and that keeps no blob is kept. 1 h to 3,650 days; default 365 days.</summary>
    public TimeSpan GroupKeep { get; set; } = TimeSpan.FromDays(365);

    /// <summary>The same for a group that never held a blob. 1 h to 3,650 days; default 30 days.</summary>
    public TimeSpan EmptyGroupKeep { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Groups of the relay; more are refused with TOO_MANY_GROUPS. 1 to 8,000,000; default 100,000.</summary>
    public long GroupsMax { get; set; } = 100_000;

    /// <summary>Bytes of all groups in the store (contents have limits of their own). Above half, no group is made, and a group may have a 64th of what is left; what passes is refused with STORAGE_FULL. 64 MiB to 1 PiB; default 10 GiB.</summary>
    public long StoreBytesMax { get; set; } = 10L << 30;

    /// <summary>Entries of all groups in the memory of one relay. Above half, a group may have a 64th of what is left; what passes is refused with RELAY_OVERLOADED. 1,000 to 10^9; default 1,000,000.</summary>
    public long ActiveEntriesMax { get; set; } = 1_000_000;

    /// <summary>Bytes of all groups in the memory of one relay, entries included; limited in the same way. 16 MiB to 1 TiB; default 256 MiB.</summary>
    public long ActiveBytesMax { get; set; } = 256L << 20;

    /// <summary>How long a group stays in memory after its last call; above three eighths of the memory that groups may use it goes with its last device. 10 s to 1 day; default 2 minutes.</summary>
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(2);

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
