using Xunit;
using ZeroK.Chaos.Cluster;

namespace ZeroK.Cluster.Tests;

/// <summary>A push that waits through two faults counts for each only as long as that one was the last.</summary>
public sealed class WaitsTests
{
    [Fact]
    public void Wait_that_lasts_into_the_next_fault_is_divided_between_both()
    {
        (long, long)[] pushes = [(900, 2600)];

        Assert.Equal(1000, Waits.WorstUs(pushes, 1000, 2000));
        Assert.Equal(600, Waits.WorstUs(pushes, 2000, 9000));
    }

    [Fact]
    public void Wait_is_counted_from_the_push_when_that_came_after_the_fault() => Assert.Equal(300, Waits.WorstUs([(1200, 1500)], 1000, 2000));

    [Fact]
    public void Push_outside_of_the_time_does_not_count() => Assert.Equal(0, Waits.WorstUs([(100, 1000), (2000, 5000)], 1000, 2000));
}
