using Microsoft.Extensions.Options;
using ZeroK.Wire;

namespace ZeroK.Grains.Groups;

/// <summary>Names each option that is out of its range, so that a relay doesn't start with it.</summary>
public sealed class GroupOptionsValidator : IValidateOptions<GroupOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GroupOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var wrong = new List<string>();

        void Check<T>(string option, T value, T least, T most) where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
                wrong.Add($"{nameof(GroupOptions)}.{option} is {value}; it must lie between {least} and {most}.");
        }

        Check(nameof(options.GroupBytesMax), options.GroupBytesMax, 2L << 20, 1L << 40);
        Check(nameof(options.TimeToLive), options.TimeToLive, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365));
        Check(nameof(options.DevicesMax), options.DevicesMax, 2, WireLimits.DevicesMax);
        Check(nameof(options.NewDevicesPerHourMax), options.NewDevicesPerHourMax, 1, 4 * WireLimits.DevicesMax);
        Check(nameof(options.BlockedDevicesPerHourMax), options.BlockedDevicesPerHourMax, 1, 4 * WireLimits.DevicesMax);
        Check(nameof(options.DeviceKeep), options.DeviceKeep, TimeSpan.FromHours(1), TimeSpan.FromDays(3650));
        Check(nameof(options.GroupKeep), options.GroupKeep, TimeSpan.FromHours(1), TimeSpan.FromDays(3650));
        Check(nameof(options.EmptyGroupKeep), options.EmptyGroupKeep, TimeSpan.FromHours(1), TimeSpan.FromDays(3650));
        Check(nameof(options.GroupsMax), options.GroupsMax, 1, 8_000_000);
        Check(nameof(options.StoreBytesMax), options.StoreBytesMax, 64L << 20, 1L << 50);
        Check(nameof(options.ActiveEntriesMax), options.ActiveEntriesMax, 1_000, 1_000_000_000);
        Check(nameof(options.ActiveBytesMax), options.ActiveBytesMax, 16L << 20, 1L << 40);
        Check(nameof(options.IdleAfter), options.IdleAfter, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1));
        Check(nameof(options.EnvelopeBytesMax), options.EnvelopeBytesMax, 1024, WireLimits.EnvelopeBytesMax);
        Check(nameof(options.InFlightBlobsMax), options.InFlightBlobsMax, WireLimits.PushBlobsMax, 65_536);
        Check(nameof(options.InFlightBytesMax), options.InFlightBytesMax, 6L << 20, 1L << 30);
        Check(nameof(options.PullBlobsMax), options.PullBlobsMax, 1, WireLimits.PullBlobsMax);
        Check(nameof(options.PullBytesMax), options.PullBytesMax, 1024, WireLimits.PullBytesMax);
        Check(nameof(options.TailCacheBytes), options.TailCacheBytes, 0, 16 << 20);
        Check(nameof(options.LazyWriteDelay), options.LazyWriteDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        Check(nameof(options.OnlineFor), options.OnlineFor, TimeSpan.FromSeconds(10), TimeSpan.FromHours(1));
        Check(nameof(options.SweepInterval), options.SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Check(nameof(options.SweepGroupsMax), options.SweepGroupsMax, 1, 100_000);
        Check(nameof(options.RetryAfterStoreFailure), options.RetryAfterStoreFailure, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Check(nameof(options.RetryAfterOverload), options.RetryAfterOverload, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
