using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>A member that means ill neither empties the group by blocking the others nor closes it by devices that it made up; and what acknowledging costs doesn't grow with the devices.</summary>
public sealed class DevicesTests
{
    private const ulong Hour = 3_600_000, Day = 24 * Hour;
    private readonly StateDriver _group = new();

    [Fact]
    public void Member_that_blocks_all_others_and_acknowledges_drops_nothing_that_they_had_not_read()
    {
        for (var device = 1; device <= 4; device++) _group.Join(device);
        _group.Push(1, StateDriver.Item(1), StateDriver.Item(2));
        _group.Push(2, StateDriver.Item(1));
        _group.Push(4, StateDriver.Item(1));
        _group.Ack(1, 4);
        foreach (var other in (int[])[1, 2, 3]) Assert.Equal(ErrorCode.None, _group.Block(other));
        Assert.Equal(ErrorCode.None, _group.Ack(4, 4));
        _group.Commit();
        Assert.Equal([1UL, 2, 3, 4], _group.StoredBodies(4));
        _group.Restart();
        Assert.Equal([1UL, 2, 3, 4], _group.StoredBodies(4));

        // Whoever comes back as a new device finds all of it, until its time is over.
        _group.Join(5);
        Assert.Equal(4, _group.Page(5).Count(e => e.State == BlobState.Present));
        _group.Ack(5, 4);
        _group.Commit();
        Assert.Equal([1UL, 2, 3, 4], _group.StoredBodies(4));
        _group.NowMs += (ulong)_group.Options.TimeToLive.TotalMilliseconds + 1;
        _group.State.Expire(_group.NowMs, 100);
        _group.Commit();
        Assert.Empty(_group.StoredBodies(4));
    }

    [Fact]
    public void Blocking_who_has_read_all_keeps_nothing_longer_and_what_comes_after_goes_as_ever()
    {
        for (var device = 1; device <= 3; device++) _group.Join(device);
        _group.Push(1, StateDriver.Item(1));
        foreach (var reader in (int[])[2, 3]) _group.Ack(reader, 1);
        _group.Block(3);
        _group.Push(1, StateDriver.Item(2));
        _group.Ack(2, 2);
        _group.Commit();
        Assert.Equal(3UL, _group.State.HistoryStart.Value);
    }

    [Fact]
    public void Made_up_devices_do_not_close_the_group()
    {
        var options = _group.Options;
        _group.Join(1);
        var made = 10;
        for (var round = 0; round < 6; round++)
        {
            while (_group.Join(made).Code == ErrorCode.None) made++;
            for (var device = made - options.DevicesMax; device < made; device++)
            {
                if (device >= 10) _group.Block(device);
            }

            _group.NowMs += Hour + 1;
        }

        Assert.True(made > 5 * options.DevicesMax, $"Only {made} devices were made.");
        Assert.Equal(ErrorCode.None, _group.Join(2).Code);
        Assert.Equal(ErrorCode.None, _group.State.Admit(StateDriver.Device(1), _group.NowMs));
        Assert.True(_group.Rows.Count <= 4 * options.DevicesMax);
        _group.Restart();
        Assert.Equal(ErrorCode.None, _group.Join(3).Code);
    }

    [Fact]
    public void New_and_blocked_devices_are_limited_by_the_hour()
    {
        var group = new StateDriver(o => (o.NewDevicesPerHourMax, o.BlockedDevicesPerHourMax) = (4, 2));
        for (var device = 1; device <= 4; device++) Assert.Equal(ErrorCode.None, group.Join(device).Code);
        Assert.Equal(ErrorCode.RateLimited, group.Join(5).Code);
        Assert.Equal(ErrorCode.None, group.Join(4).Code);
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.RateLimited], new[] { 2, 3, 4 }.Select(d => group.Block(d)));
        group.Commit();
        group.Restart();
        Assert.Equal((ErrorCode.RateLimited, ErrorCode.RateLimited), (group.Join(5).Code, group.Block(4)));
        group.NowMs += Hour;
        Assert.Equal((ErrorCode.None, ErrorCode.None), (group.Join(5).Code, group.Block(4)));
    }

    [Fact]
    public void Devices_that_stay_away_expire_and_what_only_they_had_not_read_goes_as_expired()
    {
        var group = new StateDriver(o => o.DeviceKeep = TimeSpan.FromDays(30));
        foreach (var device in (int[])[1, 2, 3]) group.Join(device);
        group.Push(3, StateDriver.Item(1));
        foreach (var reader in (int[])[1, 2]) group.Ack(reader, 1);
        group.Block(2);

        group.NowMs += 29 * Day;
        group.Expire();
        Assert.Equal(3, group.Rows.Count);
        group.Join(1);
        group.Push(1, StateDriver.Item(1), StateDriver.Item(2));
        group.Join(4);
        group.Ack(4, 3);
        Assert.Equal(2, group.StoredBodies(3).Count);

        group.NowMs += 2 * Day;
        group.State.Admit(StateDriver.Device(1), group.NowMs);
        group.Expire();
        Assert.Equal([1, 4], group.Rows.Select(d => BitConverter.ToInt32(d.Id.ToArray())).Order());
        Assert.Empty(group.StoredBodies(3));
        Assert.Equal((4UL, 3UL), group.Join(3) is { Code: ErrorCode.None } ? (group.Pull(3).Start.Value, group.Pull(3).ExpiredThrough.Value) : default);
    }

    [Fact]
    public void Device_that_never_read_or_pushed_is_kept_twice_as_long_as_a_blob()
    {
        _group.Join(1);
        _group.Push(1, StateDriver.Item(1));
        _group.Join(2);
        _group.Ack(1, 1);
        _group.NowMs += 14 * Day;
        _group.Expire();
        Assert.Equal(2, _group.Rows.Count);
        _group.NowMs += 1;
        _group.Expire();
        Assert.Equal([1], _group.Rows.Select(d => BitConverter.ToInt32(d.Id.ToArray())));
    }

    // The device with kept entries stays: each entry names its sender.
    [Fact]
    public void Device_with_entries_is_not_removed_before_them()
    {
        var group = new StateDriver(o => (o.DeviceKeep, o.TimeToLive) = (TimeSpan.FromHours(1), TimeSpan.FromDays(7)));
        group.Join(1);
        group.Join(2);
        group.Push(2, StateDriver.Item(1));
        group.NowMs += 3 * Day;
        group.Expire();
        group.Restart();
        Assert.Equal([(1UL, BlobState.Present)], group.Page(1));
    }

    [Theory]
    [InlineData(0, 30)]
    [InlineData(3, 365)]
    public void Group_that_nobody_uses_is_found_unused_after_its_time_and_not_before(int blobs, int days)
    {
        _group.Join(1);
        for (var i = 1; i <= blobs; i++) _group.Push(1, StateDriver.Item((ulong)i));
        var end = _group.NowMs + (ulong)days * Day;
        _group.NowMs = end;
        _group.Expire();
        Assert.False(_group.State.IsUnused(end, ClockSteps.None));
        Assert.True(_group.State.IsUnused(end + 1, ClockSteps.None));
        Assert.False(_group.State.IsUnused(end + 1, ClockSteps.None.With(end - Day, end + 1)));
        Assert.InRange(_group.Row.KeptUntilMs, end, end + Hour);
    }

    // 256 devices and 768 blocked ones made an acknowledgement take milliseconds: each looked at all others of each.
    [Fact]
    public void Work_of_an_acknowledgement_does_not_grow_with_the_devices()
    {
        var (few, many) = (WorkOfAck(devices: 4, blocked: 0), WorkOfAck(devices: 250, blocked: 768));
        Assert.True(many <= 8 * few, $"{few} steps an acknowledgement with 4 devices, {many} with 1,018.");
    }

    private static double WorkOfAck(int devices, int blocked)
    {
        const int Rounds = 20;
        var group = new StateDriver(o => (o.NewDevicesPerHourMax, o.BlockedDevicesPerHourMax) = (1024, 1024));
        for (var device = 1; device <= blocked; device++)
        {
            group.Join(1000 + device, commit: false);
            group.Block(1000 + device);
        }

        for (var device = 1; device <= devices; device++) group.Join(device, commit: false);
        group.Commit();
        var before = group.State.AckWork;
        for (var round = 1; round <= Rounds; round++)
        {
            group.Push(1, StateDriver.Item((ulong)round));
            for (var device = 1; device <= devices; device++) Assert.Equal(ErrorCode.None, group.Ack(device, (ulong)round));
        }

        Assert.Equal(0, group.State.UsedBytes);
        return (group.State.AckWork - before) / (double)(Rounds * devices);
    }
}
