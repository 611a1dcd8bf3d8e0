using System.Security.Cryptography;
using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

public abstract partial class GroupStoreTests
{
    [Fact]
    public async Task Group_that_ended_is_gone_with_all_it_held_and_can_be_made_anew()
    {
        var (group, other) = (await CreateAsync(), await CreateAsync());
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "a", "b"), Stop));
        Assert.True(await Store.CommitAsync(Commits.Append(other, 1, 0, "mine"), Stop));
        Assert.True(await Store.EndAsync(group, 1, new Cursor(2), Stop));
        Assert.False(await Store.CommitAsync(Commits.Append(group, 1, 2, "late"), Stop));
        Assert.False(await Store.EndAsync(group, 1, new Cursor(2), Stop));
        Store = await ReopenAsync();
        Assert.Null(await Store.TakeOverAsync(group, Stop));
        Assert.Equal(["mine"], await TextsAsync(other, 1));

        Assert.True(await Store.CommitAsync(Commits.Create(group), Stop));
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "new"), Stop));
        var snapshot = (await Store.TakeOverAsync(group, Stop))!;
        Assert.Equal((1, 1), (snapshot.Devices.Count, snapshot.Entries.Count));
        Assert.Equal(["new"], await TextsAsync(group, 1, 2));
    }

    // What a store remembers of a group must not outlive it: the new one's entries below the old one's start are trimmed too.
    [Fact]
    public async Task Group_that_was_made_anew_is_trimmed_like_any_other()
    {
        var group = await CreateAsync();
        var filled = Commits.Append(group, 1, 0, "a", "b", "c");
        Assert.True(await Store.CommitAsync(filled with { Row = filled.Row with { HistoryStart = new Cursor(3) } }, Stop));
        Assert.True(await Store.EndAsync(group, 1, new Cursor(3), Stop));
        Assert.True(await Store.CommitAsync(Commits.Create(group), Stop));
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "x", "y"), Stop));
        var last = Commits.Append(group, 1, 2, "z");
        Assert.True(await Store.CommitAsync(last with { Row = last.Row with { HistoryStart = new Cursor(2) } }, Stop));
        Assert.Equal([2UL, 3], (await Store.TakeOverAsync(group, Stop))!.Entries.Select(e => e.Cursor.Value));
    }

    [Fact]
    public async Task Only_the_owner_ends_a_group_and_only_as_it_knows_it()
    {
        var group = await CreateAsync();
        var second = (await Store.TakeOverAsync(group, Stop))!;
        Assert.False(await Store.EndAsync(group, 1, Cursor.Zero, Stop));
        Assert.False(await Store.EndAsync(group, second.Epoch, new Cursor(1), Stop));
        Assert.False(await Store.EndAsync(Guid.NewGuid(), 1, Cursor.Zero, Stop));
        Assert.NotNull(await Store.TakeOverAsync(group, Stop));
    }

    [Fact]
    public async Task Device_that_is_gone_leaves_no_row_and_may_come_again()
    {
        var group = await CreateAsync();
        var (stays, goes) = (new DeviceId(RandomNumberGenerator.GetBytes(32)), new DeviceId(RandomNumberGenerator.GetBytes(32)));
        Assert.True(await Store.CommitAsync(Commits.Append(group, 1, 0, "x") with { Devices = [Commits.Device(stays), Commits.Device(goes)] }, Stop));
        Task<bool>[] waiting =
        [
            Store.CommitAsync(Commits.Append(group, 1, 1, "y") with { Devices = [Commits.Device(goes) with { LastSequence = 1 }] }, Stop).AsTask(),
            Store.CommitAsync(Commits.Append(group, 1, 2, "z") with { Gone = [goes] }, Stop).AsTask(),
        ];
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.DoesNotContain((await Store.TakeOverAsync(group, Stop))!.Devices, d => d.Id == goes);
        Assert.True(await Store.CommitAsync(Commits.Append(group, 2, 3, "!") with { Devices = [Commits.Device(goes) with { LastSequence = 7 }] }, Stop));
        Store = await ReopenAsync();
        var devices = (await Store.TakeOverAsync(group, Stop))!.Devices;
        Assert.Equal(7UL, Assert.Single(devices, d => d.Id == goes).LastSequence);
        Assert.Contains(devices, d => d.Id == stays);
    }

    [Fact]
    public async Task What_is_held_never_goes_back_and_unused_groups_are_found_by_their_time()
    {
        var (group, later) = (await CreateAsync(), await CreateAsync());
        var commit = Commits.Append(group, 1, 0, "a");
        Assert.True(await Store.CommitAsync(commit with { Row = commit.Row with { HeldThrough = new Cursor(1), KeptUntilMs = 5000 } }, Stop));
        var after = Commits.Append(later, 1, 0, "b");
        Assert.True(await Store.CommitAsync(after with { Row = after.Row with { KeptUntilMs = 7000 } }, Stop));
        Store = await ReopenAsync();
        var row = (await Store.TakeOverAsync(group, Stop))!.Row;
        Assert.Equal((1UL, 5000UL), (row.HeldThrough.Value, row.KeptUntilMs));
        Assert.Empty(await Store.FindUnusedAsync(5000, 10, Stop));
        Assert.Equal([group], await Store.FindUnusedAsync(5001, 10, Stop));
        Assert.Equal(new[] { group, later }.Order(), (await Store.FindUnusedAsync(7001, 10, Stop)).Order());
        Assert.Single(await Store.FindUnusedAsync(7001, 1, Stop));
    }

    [Fact]
    public async Task Usage_grows_with_what_is_kept()
    {
        var before = await Store.MeasureAsync(Stop);
        var group = await CreateAsync();
        for (ulong i = 0; i < 16; i++) Assert.True(await Store.CommitAsync(Commits.Append(group, 1, i, new string('x', 65_536)), Stop));
        var after = await Store.MeasureAsync(Stop);
        Assert.Equal(before.Groups + 1, after.Groups);
        Assert.InRange(after.Bytes - before.Bytes, 16 * 65_536, 4 * 16 * 65_536);
    }

    [Fact]
    public async Task Note_is_kept_and_the_last_one_counts()
    {
        Assert.Null(await Store.ReadNoteAsync("note", Stop));
        foreach (var value in (byte[][])[[1], [2, 3]]) await Store.WriteNoteAsync("note", value, Stop);
        await Store.WriteNoteAsync("other", [9], Stop);
        Store = await ReopenAsync();
        Assert.Equal([2, 3], await Store.ReadNoteAsync("note", Stop));
        Assert.Equal(32, (await Store.GetRelaySecretAsync(Stop)).Length);
    }
}
