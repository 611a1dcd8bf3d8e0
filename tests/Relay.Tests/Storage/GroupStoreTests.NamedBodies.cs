using Xunit;
using ZeroK.Grains.Storage;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Storage;

public abstract partial class GroupStoreTests
{
    /// <summary>Whether the store keeps names of bodies that lie elsewhere. One for a relay that is alone need not: it refuses them.</summary>
    protected virtual bool KeepsNames => true;

    [Fact]
    public async Task Named_body_comes_back_as_its_name_and_length_after_a_restart()
    {
        var group = await CreateAsync();
        var name = Guid.NewGuid();
        var commit = Commits.Named(Commits.Append(group, 1, 0, "inline", "", "inline too"), 1, name, 200_000);
        if (!KeepsNames)
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CommitAsync(commit, Stop));
            return;
        }

        Assert.True(await Store.CommitAsync(commit, Stop));
        Store = await ReopenAsync();
        Assert.Equal([6, 200_000, 10], (await Store.TakeOverAsync(group, Stop))!.Entries.Select(e => e.BodyBytes));
        var bodies = await Store.ReadBodiesAsync(group, [new(1), new(2), new(3)], Stop);
        Assert.Equal([null, name, null], bodies.Select(b => b.Name));
        Assert.Equal([6, 0, 10], bodies.Select(b => b.Body.Length));
    }

    [Fact]
    public async Task Named_body_that_was_dropped_is_named_no_more()
    {
        if (!KeepsNames) return;
        var group = await CreateAsync();
        Assert.True(await Store.CommitAsync(Commits.Named(Commits.Append(group, 1, 0, "", "kept"), 0, Guid.NewGuid(), 200_000), Stop));
        var row = Commits.Append(group, 1, 2).Row;
        Assert.True(await Store.CommitAsync(new GroupCommit(group, 1, new Cursor(2), row, [], [], [(new Cursor(1), BlobState.Forgotten)]), Stop));
        Assert.Equal([new Cursor(2)], (await Store.ReadBodiesAsync(group, [new(1), new(2)], Stop)).Select(b => b.Cursor));
        Assert.Equal([0, 4], (await Store.TakeOverAsync(group, Stop))!.Entries.Select(e => e.BodyBytes));
    }

    [Fact]
    public async Task Append_with_bytes_and_a_name_is_a_fault_of_the_caller()
    {
        var group = await CreateAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.CommitAsync(Commits.Named(Commits.Append(group, 1, 0, "bytes"), 0, Guid.NewGuid(), 5), Stop));
        Assert.Empty((await Store.TakeOverAsync(group, Stop))!.Entries);
    }
}
