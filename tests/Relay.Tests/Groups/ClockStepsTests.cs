using Xunit;
using ZeroK.Grains.Groups;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>What is kept ages by the time that has passed, however the clock was set.</summary>
public sealed class ClockStepsTests
{
    private const ulong Day = 86_400_000, Minute = 60_000, T = 20_000 * Day;
    private static readonly TimeSpan Keep = TimeSpan.FromDays(7);

    [Fact]
    public void Clock_that_was_never_set_is_taken_as_it_is()
    {
        Assert.False(ClockSteps.None.IsOver(T, Keep, T + 7 * Day));
        Assert.True(ClockSteps.None.IsOver(T, Keep, T + 7 * Day + 1));
        Assert.Equal(T, ClockSteps.None.Cutoff(Keep, T + 7 * Day));
        Assert.False(ClockSteps.None.IsOver(0, Keep, Day));
        Assert.Equal(0UL, ClockSteps.None.Cutoff(Keep, Day));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20_000)]
    public void Clock_that_was_set_forwards_makes_nothing_old(int days)
    {
        var to = T + (ulong)days * Day;
        var steps = ClockSteps.None.With(T, to);
        foreach (var age in (ulong[])[0, Minute, 6 * Day])
        {
            var left = 7 * Day - age;
            Assert.False(steps.IsOver(T - age, Keep, to + left));
            Assert.True(steps.IsOver(T - age, Keep, to + left + 1));
        }

        // What is stamped after the step ages as ever.
        Assert.False(steps.IsOver(to + 1, Keep, to + 1 + 7 * Day));
        Assert.True(steps.IsOver(to + 1, Keep, to + 2 + 7 * Day));
    }

    [Fact]
    public void Clock_that_ran_ahead_and_was_set_back_keeps_nothing_longer_than_until_it_is_there_again()
    {
        var back = T - 3650 * Day;
        var steps = ClockSteps.None.With(T, back);
        Assert.False(steps.IsOver(T - Day, Keep, back + 6 * Day));
        Assert.True(steps.IsOver(T - Day, Keep, back + 6 * Day + 1));
        Assert.False(steps.IsOver(T + Day, Keep, back + 8 * Day));
        Assert.False(steps.IsOver(back + Day, Keep, back + 8 * Day));
        Assert.True(steps.IsOver(back + Day, Keep, back + 8 * Day + 1));
    }

    [Fact]
    public void Clock_that_was_wrong_for_a_minute_changes_no_age()
    {
        var steps = ClockSteps.None.With(T, T + 10 * Day).With(T + 10 * Day + Minute, T + Minute);
        Assert.False(steps.IsOver(T - Day, Keep, T + 6 * Day));
        Assert.True(steps.IsOver(T - Day, Keep, T + 6 * Day + 1));
        Assert.False(steps.IsOver(T + 10 * Day + Minute / 2, Keep, T + 7 * Day));
        Assert.False(steps.IsOver(T + Day, Keep, T + 8 * Day));
        Assert.True(steps.IsOver(T + Day, Keep, T + 8 * Day + 1));
    }

    // A store finds by the stamp alone: it must not name what isn't over, and forwards it names all that is.
    [Fact]
    public void Cutoff_agrees_with_each_stamp_in_any_history()
    {
        for (var seed = 1; seed <= 500; seed++)
        {
            var random = new Random(seed);
            var (steps, now, stamps, forwards) = (ClockSteps.None, T, new List<(ulong Stamp, ulong Passed)>(), true);
            var passed = 0UL;
            for (var i = 0; i < 12; i++)
            {
                var wait = (ulong)random.NextInt64((long)(3 * Day));
                (now, passed) = (now + wait, passed + wait);
                stamps.Add((now, passed));
                if (random.Next(2) == 0) continue;
                var to = (ulong)((long)now + random.NextInt64(seed % 2 == 0 ? 0 : -(long)(20 * Day), (long)(20 * Day)) + 1);
                forwards &= to > now;
                steps = steps.With(now, to);
                now = to;
            }

            foreach (var (stamp, at) in stamps)
            {
                var isOld = passed - at > Keep.TotalMilliseconds;
                if (forwards) Assert.Equal((isOld, isOld), (steps.IsOver(stamp, Keep, now), stamp < steps.Cutoff(Keep, now)));
                else Assert.True(isOld || !steps.IsOver(stamp, Keep, now), $"seed {seed}: dropped too early");
                Assert.True(stamp >= steps.Cutoff(Keep, now) || steps.IsOver(stamp, Keep, now), $"seed {seed}: the store would name it");
            }
        }
    }

    [Fact]
    public void Note_comes_back_and_bytes_that_are_none_are_refused()
    {
        var steps = ClockSteps.None.With(T, T + Day).With(T + 2 * Day, T);
        var read = ClockSteps.FromNote(steps.ToNote(T + 5))!.Value;
        Assert.Equal(T + 5, read.WrittenMs);
        Assert.Equal(steps.Steps, read.Steps.Steps);
        foreach (var wrong in (string[])["", "x", "1\n2", "1\n2 x", "1\n2 3", "1\n2 3 x", "1\n2 3 4 5", "-1"]) Assert.Null(ClockSteps.FromNote(System.Text.Encoding.ASCII.GetBytes(wrong)));
    }

    [Fact]
    public void Steps_are_bounded_and_the_oldest_are_not_forgotten()
    {
        var (steps, now) = (ClockSteps.None, T);
        for (var i = 0; i < 200; i++)
        {
            steps = steps.With(now, now + Day);
            now += Day + Minute;
        }

        Assert.Equal(ClockSteps.StepsMax, steps.Steps.Count);
        Assert.False(steps.IsOver(T - Minute, Keep, now));
    }
}
