using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZeroK.Grains.Groups;
using ZeroK.Grains.Storage;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>A relay's clock that is set is noticed: while it runs, and over a restart.</summary>
public sealed class RelayClockTests
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(7);
    private readonly MemoryDisk _disk = new();
    private readonly SettableTime _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task Clock_that_is_set_while_the_relay_runs_makes_nothing_old_and_nothing_last_for_ever(int days)
    {
        var clock = Open();
        await clock.KeepAsync(Stop);
        var stamp = _time.NowMs;
        _time.Pass(TimeSpan.FromSeconds(5));
        _time.Set(TimeSpan.FromDays(days));
        Assert.False(await IsOverAsync(clock, stamp));
        _time.Pass(Keep - TimeSpan.FromSeconds(5));
        Assert.False(await IsOverAsync(clock, stamp));
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.True(await IsOverAsync(clock, stamp));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public async Task Clock_that_was_set_while_the_relay_was_away_makes_nothing_old(int daysAway)
    {
        var before = Open();
        await before.KeepAsync(Stop);
        _time.Pass(TimeSpan.FromSeconds(20));

        // After the last note: the relay was killed.
        var stamp = _time.NowMs;
        _time.Pass(TimeSpan.FromDays(daysAway));
        _time.Set(TimeSpan.FromDays(3650));
        var clock = Open();
        Assert.False(await IsOverAsync(clock, stamp));
        await clock.KeepAsync(Stop);
        _time.Pass(Keep - TimeSpan.FromMinutes(1));
        Assert.False(await IsOverAsync(Open(), stamp));
        _time.Pass(TimeSpan.FromMinutes(3));
        Assert.True(await IsOverAsync(clock, stamp));
    }

    // Both at once: no clock at boot, and set right a moment after the start.
    [Fact]
    public async Task Clock_that_was_behind_at_the_start_and_is_set_right_then_makes_nothing_old()
    {
        var before = Open();
        await before.KeepAsync(Stop);
        var stamp = _time.NowMs;
        _time.Set(TimeSpan.FromDays(-300));
        var clock = Open();
        _time.Pass(TimeSpan.FromSeconds(3));
        var early = _time.NowMs;
        await clock.KeepAsync(Stop);
        _time.Set(TimeSpan.FromDays(310));
        foreach (var each in (RelayClock[])[clock, Open()])
        {
            Assert.False(await IsOverAsync(each, stamp));
            Assert.False(await IsOverAsync(each, early));
        }
    }

    [Fact]
    public async Task Clock_that_is_corrected_by_a_second_is_no_step()
    {
        var clock = Open();
        _time.Set(TimeSpan.FromSeconds(1));
        Assert.Empty((await clock.LookAsync(Stop)).Steps.Steps);
    }

    [Fact]
    public async Task Relay_of_a_cluster_keeps_longer_what_another_ones_clock_may_have_stamped()
    {
        var (mine, others) = (Open(isShared: true), new RelayClock(new SharedStore(_disk), _time, NullLogger<RelayClock>.Instance));
        await mine.KeepAsync(Stop);
        await others.KeepAsync(Stop);
        var stamp = _time.NowMs;
        _time.Set(TimeSpan.FromDays(10));
        await others.KeepAsync(Stop);

        // A relay that starts after the step has seen nothing itself.
        var late = Open(isShared: true);
        await late.KeepAsync(Stop);
        Assert.False(await IsOverAsync(late, stamp));
    }

    private RelayClock Open(bool isShared = false) => new(isShared ? new SharedStore(_disk) : new MemoryGroupStore(_disk), _time, NullLogger<RelayClock>.Instance);

    private static async Task<bool> IsOverAsync(RelayClock clock, ulong stampMs)
    {
        var (steps, nowMs) = await clock.LookAsync(Stop);
        return steps.IsOver(stampMs, Keep, nowMs);
    }

    /// <summary>A clock that passes, and that can be set without passing.</summary>
    private sealed class SettableTime(DateTimeOffset start) : TimeProvider
    {
        private DateTimeOffset _wall = start;
        private TimeSpan _passed;

        public ulong NowMs => (ulong)_wall.ToUnixTimeMilliseconds();

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => (_wall, _passed) = (_wall + time, _passed + time);

        public void Set(TimeSpan by) => _wall += by;

        public override DateTimeOffset GetUtcNow() => _wall;

        public override long GetTimestamp() => _passed.Ticks;
    }

    private sealed class SharedStore(MemoryDisk disk) : TestStoreOf(new MemoryGroupStore(disk)), IGroupStore
    {
        bool IGroupStore.IsShared => true;
    }
}
