using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

public sealed class GroupOptionsTests
{
    /// <summary>Least and most of each option, as its documentation says.</summary>
    public static TheoryData<string, object, object> Ranges => new()
    {
        { nameof(GroupOptions.GroupBytesMax), 2L << 20, 1L << 40 },
        { nameof(GroupOptions.TimeToLive), TimeSpan.FromSeconds(1), TimeSpan.FromDays(365) },
        { nameof(GroupOptions.DevicesMax), 2, WireLimits.DevicesMax },
        { nameof(GroupOptions.NewDevicesPerHourMax), 1, 4 * WireLimits.DevicesMax },
        { nameof(GroupOptions.BlockedDevicesPerHourMax), 1, 4 * WireLimits.DevicesMax },
        { nameof(GroupOptions.DeviceKeep), TimeSpan.FromHours(1), TimeSpan.FromDays(3650) },
        { nameof(GroupOptions.GroupKeep), TimeSpan.FromHours(1), TimeSpan.FromDays(3650) },
        { nameof(GroupOptions.EmptyGroupKeep), TimeSpan.FromHours(1), TimeSpan.FromDays(3650) },
        { nameof(GroupOptions.GroupsMax), 1L, 8_000_000L },
        { nameof(GroupOptions.StoreBytesMax), 64L << 20, 1L << 50 },
        { nameof(GroupOptions.ActiveEntriesMax), 1_000L, 1_000_000_000L },
        { nameof(GroupOptions.ActiveBytesMax), 16L << 20, 1L << 40 },
        { nameof(GroupOptions.IdleAfter), TimeSpan.FromSeconds(10), TimeSpan.FromDays(1) },
        { nameof(GroupOptions.EnvelopeBytesMax), 1024, WireLimits.EnvelopeBytesMax },
        { nameof(GroupOptions.InFlightBlobsMax), 256, 65_536 },
        { nameof(GroupOptions.InFlightBytesMax), 6L << 20, 1L << 30 },
        { nameof(GroupOptions.PullBlobsMax), 1, WireLimits.PullBlobsMax },
        { nameof(GroupOptions.PullBytesMax), 1024, WireLimits.PullBytesMax },
        { nameof(GroupOptions.TailCacheBytes), 0, 16 << 20 },
        { nameof(GroupOptions.LazyWriteDelay), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1) },
        { nameof(GroupOptions.OnlineFor), TimeSpan.FromSeconds(10), TimeSpan.FromHours(1) },
        { nameof(GroupOptions.SweepInterval), TimeSpan.FromSeconds(1), TimeSpan.FromDays(1) },
        { nameof(GroupOptions.SweepGroupsMax), 1, 100_000 },
        { nameof(GroupOptions.RetryAfterStoreFailure), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1) },
        { nameof(GroupOptions.RetryAfterOverload), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1) },
    };

    [Theory]
    [MemberData(nameof(Ranges), DisableDiscoveryEnumeration = true)]
    public void Option_out_of_its_range_is_named_and_its_edges_are_in_it(string name, object least, object most)
    {
        Assert.Null(Fault(name, least));
        Assert.Null(Fault(name, most));
        Assert.Contains(name, Fault(name, Beside(least, -1)), StringComparison.Ordinal);
        Assert.Contains(name, Fault(name, Beside(most, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_has_a_range_and_its_default_is_in_it()
    {
        Assert.Equal(typeof(GroupOptions).GetProperties().Select(p => p.Name).Order(), Ranges.Select(r => r.Data.Item1).Order());
        Assert.True(new GroupOptionsValidator().Validate(null, new GroupOptions()).Succeeded);
    }

    private static string? Fault(string name, object value)
    {
        var options = new GroupOptions();
        typeof(GroupOptions).GetProperty(name)!.SetValue(options, value);
        return new GroupOptionsValidator().Validate(null, options).FailureMessage;
    }

    private static object Beside(object value, int by) => value switch
    {
        int n => n + by,
        long n => n + by,
        TimeSpan t => t + TimeSpan.FromTicks(by),
        _ => throw new ArgumentException($"An option of type {value.GetType().Name}: say what lies beside it."),
    };
}
