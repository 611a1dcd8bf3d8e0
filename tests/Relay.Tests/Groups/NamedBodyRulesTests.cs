using System.Security.Cryptography;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Groups;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>What a group makes of a blob whose body lies in the body store.</summary>
public sealed class NamedBodyRulesTests
{
    private const int Large = 200_000;
    private readonly StateDriver _group = new(o => (o.GroupBytesMax, o.InFlightBytesMax) = (2 << 20, 6 << 20));

    public NamedBodyRulesTests()
    {
        _group.Join(1);
        _group.Join(2);
    }

    [Fact]
    public void Name_is_kept_and_counts_with_the_length_of_its_body()
    {
        var item = Named(1, Large);
        Assert.Equal(ErrorCode.None, _group.Push(1, item).Results[0].Code);
        Assert.Equal(Large + GroupOptions.EntryOverheadBytes, _group.State.UsedBytes);
        Assert.Equal(Large, Assert.Single(_group.Pull(2).Entries).BodyBytes);
        _group.Restart();
        Assert.Equal(Large + GroupOptions.EntryOverheadBytes, _group.State.UsedBytes);
    }

    [Fact]
    public void Page_counts_the_real_length_of_its_bodies()
    {
        for (ulong i = 1; i <= 5; i++) _group.Push(1, Named(i, Large));
        Assert.Equal(2, _group.Pull(2, maxBytes: Large * 2 + 1).Entries.Count);
        Assert.Single(_group.Pull(2, maxBytes: 1).Entries);
    }

    [Fact]
    public void Quota_and_blob_limit_count_the_real_length()
    {
        Assert.Equal(ErrorCode.BlobTooLarge, _group.Push(1, Named(1, WireLimits.EnvelopeBytesMax + 1)).Results[0].Code);
        var results = _group.Push(1, Named(1, 1_000_000), Named(2, 1_000_000), Named(3, 1_000_000)).Results;
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.GroupQuotaExceeded], results.Select(r => r.Code));
    }

    [Theory]
    [InlineData(-10, ErrorCode.None)]
    [InlineData(-11, ErrorCode.StoreUnavailable)]
    [InlineData(10, ErrorCode.None)]
    [InlineData(11, ErrorCode.StoreUnavailable)]
    public void Body_that_was_put_long_ago_or_by_a_wrong_clock_is_refused_for_now(int minutes, ErrorCode code)
    {
        var putAtMs = (ulong)((long)_group.NowMs + minutes * 60_000);
        var result = _group.Push(1, Named(1, Large, putAtMs), StateDriver.Item(2)).Results;
        Assert.Equal(code, result[0].Code);
        Assert.Equal(code == ErrorCode.None ? ErrorCode.None : ErrorCode.OutOfOrder, result[1].Code);
        Assert.Equal(code == ErrorCode.None, result[0].RetryAfterMs == 0);
    }

    [Fact]
    public void Repeat_is_told_from_the_first_push_also_under_another_name()
    {
        var first = Named(1, Large);
        Assert.False(_group.Push(1, first).Results[0].IsRepeat);
        var again = first with { Body = first.Body! with { Name = Guid.NewGuid(), PutAtMs = _group.NowMs } };
        var result = _group.Push(1, again).Results[0];
        Assert.Equal((ErrorCode.None, 1UL, true), (result.Code, result.Cursor, result.IsRepeat));
        Assert.Equal(Large + GroupOptions.EntryOverheadBytes, _group.State.UsedBytes);
    }

    [Fact]
    public void Repeat_of_a_body_that_is_old_by_now_is_still_a_repeat()
    {
        var item = Named(1, Large);
        _group.Push(1, item);
        _group.NowMs += 3_600_000;
        Assert.Equal((ErrorCode.None, true), (_group.Push(1, item).Results[0].Code, _group.Push(1, item).Results[0].IsRepeat));
    }

    [Fact]
    public void Item_must_have_bytes_or_a_name_and_not_both()
    {
        var named = Named(1, Large);
        PushItem[] wrong = [named with { Body = null }, named with { Envelope = [1] }, Named(1, 0), named with { Body = named.Body! with { Name = Guid.Empty } }];
        foreach (var item in wrong) Assert.Equal(ErrorCode.InvalidMessage, _group.Push(1, item).Results[0].Code);
        Assert.Equal(0, _group.State.UsedBytes);
    }

    [Fact]
    public void Bodies_that_lie_elsewhere_do_not_wait_for_the_store_in_memory()
    {
        var group = new StateDriver(o => o.InFlightBytesMax = 6 << 20);
        group.Join(1);
        var items = Enumerable.Range(1, 20).Select(i => Named((ulong)i, 1 << 20, group.NowMs)).ToArray();
        Assert.All(group.State.Push(StateDriver.Device(1), items, group.NowMs).Results, r => Assert.Equal(ErrorCode.None, r.Code));
        var inline = Enumerable.Range(21, 7).Select(i => StateDriver.Item((ulong)i, 1 << 20)).ToArray();
        Assert.Equal(ErrorCode.RelayOverloaded, group.State.Push(StateDriver.Device(1), inline, group.NowMs).Results[^1].Code);
    }

    private PushItem Named(ulong sequence, int bytes) => Named(sequence, bytes, _group.NowMs);

    private static PushItem Named(ulong sequence, int bytes, ulong putAtMs) =>
        new(RandomNumberGenerator.GetBytes(BlobId.Size), sequence, null, new NamedBody(Guid.NewGuid(), bytes, putAtMs));
}
