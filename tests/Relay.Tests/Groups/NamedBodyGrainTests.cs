using Xunit;

namespace ZeroK.Relay.Tests.Groups;

/// <summary>A group's grain gives names to gateways that take them, and bytes to those of an older relay.</summary>
public sealed class NamedBodyGrainTests(RelayCluster relay) : IClassFixture<RelayCluster>
{
    [Fact]
    public async Task Gateway_that_takes_names_gets_the_name_and_one_that_does_not_gets_the_bytes()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        var (large, body) = await group.PutAsync(2, 300_000);
        var reply = await group.PushAsync(a, TestGroup.Item(1), large, TestGroup.Item(3));
        Assert.True(reply.TakesNames);
        Assert.All(reply.Results, r => Assert.Equal(ErrorCode.None, r.Code));

        var named = (await group.PullAsync(b, 0, takesNames: true)).Blobs;
        Assert.Equal([null, large.Body! with { PutAtMs = 0 }, null], named.Select(p => p.Body));
        Assert.Equal([100, 0, 100], named.Select(p => p.Envelope.Length));
        var whole = (await group.PullAsync(b, 0)).Blobs;
        Assert.All(whole, p => Assert.Null(p.Body));
        Assert.Equal(body, whole[1].Envelope);
    }

    [Fact]
    public async Task Large_body_that_an_older_gateway_sends_inline_is_taken_and_given_inline()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        var item = TestGroup.Item(1, 300_000);
        Assert.Equal(ErrorCode.None, (await group.PushAsync(a, item)).Results[0].Code);
        Assert.Equal(item.Envelope, Assert.Single((await group.PullAsync(b, 0, takesNames: true)).Blobs).Envelope);
    }

    [Fact]
    public async Task Body_that_its_store_has_lost_is_a_failure_and_no_gap()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        var (large, _) = await group.PutAsync(1, 300_000);
        await group.PushAsync(a, large);
        await relay.Bodies.DeleteAsync(large.Body!.Name, TestContext.Current.CancellationToken);
        var reply = await group.PullAsync(b, 0);
        Assert.Equal((ErrorCode.StoreUnavailable, 0), (reply.Code, reply.Blobs.Length));
    }

    [Fact]
    public async Task Same_push_again_is_the_same_entry()
    {
        var group = relay.NewGroup();
        var (a, b) = (await group.JoinAsync(), await group.JoinAsync());
        var (large, _) = await group.PutAsync(1, 300_000);
        var replies = await Task.WhenAll(group.PushAsync(a, large), group.PushAsync(a, large));
        Assert.Equal([1UL, 1UL], replies.Select(r => r.Results[0].Cursor));
        Assert.Single(replies, r => r.Results[0].IsRepeat);
        Assert.Single((await group.PullAsync(b, 0, takesNames: true)).Blobs);
    }
}
