using System.Threading.RateLimiting;
using ZeroK.Wire;

namespace ZeroK.Gateway;

/// <summary>Message rates: of each device over all its connections (reconnecting refills nothing), and of all devices.</summary>
internal sealed class MessageRates(GatewayOptions options) : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly PartitionedRateLimiter<DeviceId> _byDevice = PartitionedRateLimiter.Create<DeviceId, DeviceId>(
        device => RateLimitPartition.GetTokenBucketLimiter(device, _ => Bucket(options.MessagesPerDevicePerSecond, options.BurstSeconds)));
    private readonly TokenBucketRateLimiter _all = new(Bucket(options.MessagesPerSecond, options.BurstSeconds));

    /// <summary>Counts a message. False: refused; try again after <paramref name="retryAfterMs"/>.</summary>
    public bool TryTake(DeviceId device, out uint retryAfterMs)
    {
        using (var lease = _byDevice.AttemptAcquire(device))
        {
            if (!lease.IsAcquired) return Refused(lease, out retryAfterMs);
        }

        using (var lease = _all.AttemptAcquire())
        {
            if (!lease.IsAcquired) return Refused(lease, out retryAfterMs);
        }

        retryAfterMs = 0;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _byDevice.Dispose();
        _all.Dispose();
    }

    private static bool Refused(RateLimitLease lease, out uint retryAfterMs)
    {
        var after = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1);
        retryAfterMs = (uint)Math.Clamp(after.TotalMilliseconds, 100, 60_000);
        return false;
    }

    // Below ten a second a tick would round to nothing: such buckets tick once a second.
    private static TokenBucketRateLimiterOptions Bucket(int perSecond, int burstSeconds) => new()
    {
        TokenLimit = (int)Math.Min(int.MaxValue, (long)perSecond * burstSeconds),
        TokensPerPeriod = perSecond < 10 ? perSecond : perSecond / 10,
        ReplenishmentPeriod = perSecond < 10 ? TimeSpan.FromSeconds(1) : Tick,
        QueueLimit = 0,
        AutoReplenishment = true,
    };
}
