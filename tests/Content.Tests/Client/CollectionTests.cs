using Xunit;
using ZeroK.Client;
using ZeroK.Client.Content;

namespace ZeroK.Content.Tests.Client;

/// <summary>Several contents under one reference.</summary>
public sealed class CollectionTests
{
    private static async Task<(ContentReference Collection, List<byte[]> Contents)> PutAsync(ContentRig rig, int count = 5)
    {
        var contents = Enumerable.Range(0, count).Select(i => ContentRig.Bytes(50_000 * (i + 1), i)).ToList();
        var members = contents.Select((c, i) => new ContentMember(new MemoryStream(c), new ContentOptions { Name = $"m{i}" })).ToList();
        return (await rig.Service.PutCollectionAsync(members, new ContentOptions { Name = "album" }, null, CancellationToken.None), contents);
    }

    private static Task<CollectionStatus> GetAsync(ContentRig rig, ContentReference collection, Dictionary<string, MemoryStream> into) =>
        rig.Service.GetCollectionAsync(collection, (member, _) => ValueTask.FromResult<Stream>(into[member.Name!] = new MemoryStream()), null, CancellationToken.None);

    [Fact]
    public async Task All_members_come_back_under_one_reference()
    {
        using var rig = new ContentRig();
        var (collection, contents) = await PutAsync(rig);
        Assert.Equal([collection], rig.Outbox.Pushed);
        Assert.Equal(ContentKind.Collection, collection.Kind);
        var into = new Dictionary<string, MemoryStream>();
        var status = await GetAsync(rig, collection, into);
        Assert.True(status.IsComplete);
        Assert.Equal(["m0", "m1", "m2", "m3", "m4"], status.Arrived.Select(m => m.Name));
        for (var i = 0; i < 5; i++) Assert.Equal(contents[i], into[$"m{i}"].ToArray());
        Assert.Empty(rig.Service.Transfers);
    }

    [Fact]
    public async Task Missing_members_are_named_and_come_later_without_the_others()
    {
        using var rig = new ContentRig();
        var (collection, contents) = await PutAsync(rig);
        var manifest = await rig.Service.GetManifestAsync(collection, CancellationToken.None);
        rig.Relay.Before = info => info.Call == ContentCall.Get && (info.Hash == manifest[1].Hash || info.Hash == manifest[3].Hash) ? throw new ContentRefusedException(ZeroK.Wire.ErrorCode.NotSupported, 0, "gone") : Task.CompletedTask;
        var into = new Dictionary<string, MemoryStream>();
        var status = await GetAsync(rig, collection, into);
        Assert.False(status.IsComplete);
        Assert.Equal(["m1", "m3"], status.Missing.Select(m => m.Member.Name));
        Assert.All(status.Missing, m => Assert.Contains("gone", m.Why, StringComparison.Ordinal));

        rig.Relay.Before = null;
        rig.Restarted();
        var before = rig.Relay.Calls.Count;
        into.Clear();
        Assert.True((await GetAsync(rig, collection, into)).IsComplete);
        Assert.Equal(["m1", "m3"], into.Keys.Order());
        Assert.DoesNotContain(rig.Relay.Calls.Skip(before), c => c.Hash == manifest[0].Hash || c.Hash == manifest[2].Hash || c.Hash == manifest[4].Hash);
        Assert.Equal(contents[3], into["m3"].ToArray());
    }

    [Fact]
    public async Task Changed_manifest_serves_no_member()
    {
        using var rig = new ContentRig();
        var (collection, _) = await PutAsync(rig);
        rig.Relay.Damage(collection.Hash, bytes => bytes[40] ^= 1);
        var into = new Dictionary<string, MemoryStream>();
        await Assert.ThrowsAsync<ContentException>(() => GetAsync(rig, collection, into));
        Assert.Empty(into);
    }

    [Fact]
    public async Task Members_need_names_of_their_own_and_a_refused_collection_leaves_nothing_behind()
    {
        using var rig = new ContentRig();
        ContentMember Member(string? name) => new(new MemoryStream([1]), new ContentOptions { Name = name });
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Service.PutCollectionAsync([Member("a"), Member("a")], ContentOptions.Default, null, CancellationToken.None));
        await Assert.ThrowsAsync<ArgumentException>(() => rig.Service.PutCollectionAsync([Member(null)], ContentOptions.Default, null, CancellationToken.None));
        Assert.Equal(0, ((MemoryTransferStore)rig.Store).Stages);
        Assert.Empty(rig.Outbox.Pushed);
    }

    [Fact]
    public async Task Killed_collection_goes_on_with_the_object_where_it_stopped()
    {
        using var rig = new ContentRig();
        var begun = 0;
        rig.Relay.Before = info => info.Call == ContentCall.Begin && ++begun > 3 ? throw new InvalidOperationException("killed") : Task.CompletedTask;
        await Assert.ThrowsAsync<InvalidOperationException>(() => PutAsync(rig));
        rig.Relay.Before = null;
        var before = rig.Relay.Calls.Count;
        var transfer = Assert.Single(rig.Restarted().Transfers);
        var collection = await rig.Service.ResumePutAsync(transfer.Id, null, CancellationToken.None);
        Assert.Equal(3, rig.Relay.Calls.Skip(before).Count(c => c.Call == ContentCall.Begin));
        Assert.True((await GetAsync(rig, collection, [])).IsComplete);
    }
}
