namespace ZeroK.Client;

/// <summary>Checks the ranges of <see cref="SyncOptions"/>.</summary>
internal static class SyncOptionsRules
{
    /// <exception cref="ArgumentException">One is out of its range; the message names it.</exception>
    public static void Check(SyncOptions o)
    {
        Check(Enum.IsDefined(o.Transport), nameof(o.Transport), "is Auto, Quic or Tcp");
        Check(o.Transports is null or { Count: > 0 }, nameof(o.Transports), "is null or names at least one transport");
        Check(In(o.BackoffMax, 10, 3_600_000), nameof(o.BackoffMax), "is 10 ms to 1 h");
        Check(o.BackoffFirst >= TimeSpan.FromMilliseconds(1) && o.BackoffFirst <= o.BackoffMax, nameof(o.BackoffFirst), "is 1 ms to BackoffMax");
        Check(In(o.ConnectTimeout, 100, 300_000), nameof(o.ConnectTimeout), "is 100 ms to 5 min");
        Check(In(o.RequestTimeout, 1000, 600_000), nameof(o.RequestTimeout), "is 1 s to 10 min");
        Check(o.OutboxBytesMax >= 4 * 1024 * 1024, nameof(o.OutboxBytesMax), "is at least 4 MiB");
        Check(o.LaggingBytesMax >= 4 * 1024 * 1024, nameof(o.LaggingBytesMax), "is at least 4 MiB");
        Check(In(o.HeadStart, 0, 60_000), nameof(o.HeadStart), "is 0 to 1 min");
        Check(In(o.FailOverAfter, 100, 600_000), nameof(o.FailOverAfter), "is 100 ms to 10 min");
        Check(In(o.FailBackAfter, 0, 3_600_000), nameof(o.FailBackAfter), "is 0 to 1 h");
        Check(o.PushWindowBlobs is >= 1 and <= 65_536, nameof(o.PushWindowBlobs), "is 1 to 65536");
        Check(o.PushWindowBytes is >= 64 * 1024 and <= 256 * 1024 * 1024, nameof(o.PushWindowBytes), "is 64 KiB to 256 MiB");
        Check(o.PrefetchBytes is >= 64 * 1024 and <= 256 * 1024 * 1024, nameof(o.PrefetchBytes), "is 64 KiB to 256 MiB");
        Check(o.QuarantineBlobsMax is >= 16 and <= 65_536, nameof(o.QuarantineBlobsMax), "is 16 to 65536");
        Check(o.QuarantineBytesMax is >= 64 * 1024 and <= 1024 * 1024 * 1024, nameof(o.QuarantineBytesMax), "is 64 KiB to 1 GiB");
        Check(o.Time is not null, nameof(o.Time), "is not null");
        Check(o.LoggerFactory is not null, nameof(o.LoggerFactory), "is not null");
    }

    private static bool In(TimeSpan value, double minMs, double maxMs) => value.TotalMilliseconds >= minMs && value.TotalMilliseconds <= maxMs;

    private static void Check(bool isRight, string name, string rule)
    {
        if (!isRight) throw new ArgumentException($"SyncOptions.{name} {rule}.", name);
    }
}
