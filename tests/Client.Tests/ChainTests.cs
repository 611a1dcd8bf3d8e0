using System.Globalization;
using Xunit;
using ZeroK.Client.Store;
using ZeroK.Client.Sync;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Each sealed blob names the hash of its device's blob before it.</summary>
public sealed class ChainTests
{
    // In the order of arrival; the last number names another predecessor than the one that came.
    [Theory]
    [InlineData("1", 1)]
    [InlineData("1 2", 2)]
    [InlineData("1 2 3", 2)]
    [InlineData("1 3 2", 2)]
    [InlineData("1 3 2", 3)]
    [InlineData("1 3 4", 4)]
    [InlineData("1 3 4 2", 4)]
    public void Another_predecessor_is_told_wherever_the_blob_lies(string arrivals, ulong liar)
    {
        var rules = new InboundRules(new StoredState());
        var view = new RelayView(new byte[] { 1 }, isOnly: true);
        var broken = new List<ulong>();
        ulong cursor = 0;
        foreach (var sequence in arrivals.Split(' ').Select(a => ulong.Parse(a, CultureInfo.InvariantCulture)))
        {
            var previous = sequence == liar ? HashOf(99) : HashOf(sequence - 1);
            var verdict = rules.Opened(new InboundBlob(Rig.Id(1), sequence, previous, HashOf(sequence), new Cursor(++cursor)), sequence, view, DateTimeOffset.UnixEpoch);
            Assert.True(verdict.Deliver);
            broken.AddRange(verdict.Events.OfType<ChainBroken>().Select(e => e.Sequence));
        }

        Assert.Equal([liar], broken.Distinct());
    }

    // 2 was deleted, so it never comes, and the sender's sequence goes on behind it at 4.
    [Fact]
    public void Another_predecessor_is_told_at_the_blob_that_ends_an_explained_hole()
    {
        var rules = new InboundRules(new StoredState());
        var view = new RelayView(new byte[] { 1 }, isOnly: true);
        Take(1);
        Take(3);
        view.Trimmed = 1;
        Assert.Contains(Take(4).Events, e => e is ChainBroken { Sequence: 4 });

        Verdict Take(ulong sequence) => rules.Opened(new InboundBlob(Rig.Id(1), sequence, sequence == 4 ? HashOf(99) : HashOf(sequence - 1), HashOf(sequence), new Cursor(sequence)), sequence, view, DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public void Another_sequence_than_the_relay_claims_is_told()
    {
        var blob = new InboundBlob(Rig.Id(1), 1, HashOf(0), HashOf(1), new Cursor(1));
        var verdict = new InboundRules(new StoredState()).Opened(blob, claimed: 2, new RelayView(new byte[] { 1 }, isOnly: true), DateTimeOffset.UnixEpoch);
        Assert.Single(verdict.Events.OfType<ChainBroken>());
    }

    private static byte[] HashOf(ulong sequence)
    {
        var hash = new byte[32];
        if (sequence > 0) BitConverter.GetBytes(sequence).CopyTo(hash, 0);
        return hash;
    }
}
