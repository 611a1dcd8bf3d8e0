using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Chaos.History;

namespace ZeroK.Chaos.Tests.Judges;

/// <summary>The recorder sees lines of several processes, in any order.</summary>
public sealed class HistoryRecorderTests
{
    private readonly HistoryRecorder _history = new(new FakeTimeProvider());

    [Fact]
    public void A_delivery_that_is_told_before_its_push_is_one_push()
    {
        _history.Attempted("A", "d1", 5);
        _history.Delivered("B", "A", 1, 1, "d1");
        Assert.Equal(("A", 1UL, 5L), Push());
        _history.Pushed("A", 1, "d1", 5);
        _history.PushEnded("A", 1, CallOutcome.Acknowledged, 1);
        Assert.Equal(("A", 1UL, 5L), Push());
        Assert.Equal(0, _history.Unanswered("A"));

        (string, ulong, long) Push() => Assert.Single(_history.Snapshot().Pushes) is var p ? (p.Device, p.Sequence, p.StartUs) : default;
    }

    [Fact]
    public void A_sequence_that_is_used_twice_is_noticed_all_the_same()
    {
        _history.Pushed("A", 1, "d1", 5);
        Assert.Throws<UnreachableException>(() => _history.Pushed("A", 1, "d1", 6));
        _history.Attempted("A", "d2", 7);
        _history.Delivered("B", "A", 2, 2, "d2");
        _history.Snapshot();
        Assert.Throws<UnreachableException>(() => _history.Pushed("A", 2, "d3", 8));
    }
}
