using Xunit;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>Large bodies of pages: the group names them, the gateway reads them, bounded, and never leaves a gap.</summary>
public sealed class LargePullTests
{
    private static readonly byte[] Sender = [.. Enumerable.Repeat((byte)3, 32)], Blob = [.. Enumerable.Repeat((byte)4, 16)];
    private readonly FakeBodies _bodies = new();

    [Fact]
    public async Task Named_bodies_are_read_and_the_page_is_whole_and_in_order()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        var large = Enumerable.Range(1, 3).Select(i => Filled((byte)i, 50_000 + i)).ToList();
        PullRequest? asked = null;
        rig.Group.OnPull = r =>
        {
            asked = r;
            return Page(Named(1, _bodies.Add(large[0])), Inline(2, Filled(9, 10)), Named(3, _bodies.Add(large[1])), Stub(4), Named(5, _bodies.Add(large[2])));
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        var blobs = Assert.IsType<PullResponse>((await channel.NextAsync()).Message).Blobs;
        Assert.True(asked!.TakesNames);
        Assert.Equal([1UL, 2, 3, 4, 5], blobs.Select(b => b.Cursor.Value));
        Assert.Equal([large[0], Filled(9, 10), large[1], [], large[2]], blobs.Select(b => b.Envelope.ToArray()));
        Assert.Equal(BlobState.Forgotten, blobs[3].State);
    }

    [Fact]
    public async Task Gateway_without_a_body_store_asks_for_bytes()
    {
        await using var rig = await GatewayRig.StartAsync();
        PullRequest? asked = null;
        rig.Group.OnPull = r =>
        {
            asked = r;
            return Page(Inline(1, Filled(1, 200_000)));
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.Equal(200_000, Assert.Single(Assert.IsType<PullResponse>((await channel.NextAsync()).Message).Blobs).Envelope.Length);
        Assert.False(asked!.TakesNames);
    }

    [Fact]
    public async Task Body_that_was_forgotten_since_the_page_was_made_has_the_page_made_anew()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        var calls = 0;
        rig.Group.OnPull = _ => ++calls == 1 ? Page(Named(1, new NamedBody(Guid.NewGuid(), 50_000, 0))) : Page(Stub(1));
        var channel = await rig.JoinAsync();
        channel.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.Equal(BlobState.Forgotten, Assert.Single(Assert.IsType<PullResponse>((await channel.NextAsync()).Message).Blobs).State);
    }

    [Fact]
    public async Task Body_that_the_store_has_lost_is_a_refusal_and_no_gap()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        var (lost, calls) = (new NamedBody(Guid.NewGuid(), 50_000, 0), 0);
        rig.Group.OnPull = _ =>
        {
            calls++;
            return Page(Inline(1, Filled(1, 10)), Named(2, lost), Inline(3, Filled(3, 10)));
        };
        var channel = await rig.JoinAsync();
        channel.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        var error = Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message);
        Assert.Equal((ErrorCode.StoreUnavailable, true, 3), (error.Code, error.RetryAfterMs > 0, calls));
    }

    [Fact]
    public async Task Body_of_another_length_than_the_group_says_is_refused()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        rig.Group.OnPull = _ => Page(Named(1, _bodies.Add(Filled(1, 50_000)) with { Bytes = 50_001 }));
        var channel = await rig.JoinAsync();
        channel.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message).Code);
    }

    [Fact]
    public async Task Store_that_fails_or_is_too_slow_is_a_refusal_for_now()
    {
        await using var rig = await GatewayRig.StartAsync(new() { CallSeconds = 7 }, _bodies.Where);
        var named = _bodies.Add(Filled(1, 50_000));
        rig.Group.OnPull = _ => Page(Named(1, named));
        var channel = await rig.JoinAsync();
        _bodies.OnGet = _ => throw new BodyStoreException("Broken by the test.");
        channel.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message).Code);

        var reading = false;
        _bodies.OnGet = stop =>
        {
            reading = true;
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        };
        channel.FromClient(8, new Pull(Cursor.Zero, 100, 1 << 20));
        await GatewayRig.Until(() => reading);
        rig.Time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(ErrorCode.StoreUnavailable, Assert.IsType<ErrorMessage>((await channel.NextAsync()).Message).Code);

        _bodies.OnGet = _ => Task.CompletedTask;
        channel.FromClient(9, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.IsType<PullResponse>((await channel.NextAsync()).Message);
    }

    [Fact]
    public async Task Bodies_count_with_their_real_length_before_they_are_read_and_are_given_back()
    {
        await using var rig = await GatewayRig.StartAsync(new() { BytesMax = 1 << 20 }, _bodies.Where);
        var named = _bodies.Add(Filled(1, 900_000));
        rig.Group.OnPull = _ => Page(Named(1, named));
        var open = new TaskCompletionSource();
        var readings = 0;
        _bodies.OnGet = stop =>
        {
            Interlocked.Increment(ref readings);
            return open.Task.WaitAsync(stop);
        };
        var (a, b) = (await rig.JoinAsync(), await rig.JoinAsync());
        a.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        await GatewayRig.Until(() => Volatile.Read(ref readings) == 1);
        b.FromClient(8, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.Equal(ErrorCode.RelayOverloaded, Assert.IsType<ErrorMessage>((await b.NextAsync()).Message).Code);
        Assert.Equal(1, Volatile.Read(ref readings));
        open.SetResult();
        Assert.IsType<PullResponse>((await a.NextAsync()).Message);
        await GatewayRig.Until(() => rig.Context.Budget.Bytes < 900_000);
        b.FromClient(9, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.IsType<PullResponse>((await b.NextAsync()).Message);
    }

    [Fact]
    public async Task Bodies_of_a_page_are_read_a_few_at_a_time()
    {
        await using var rig = await GatewayRig.StartAsync(null, _bodies.Where);
        var items = Enumerable.Range(1, 30).Select(i => Named((ulong)i, _bodies.Add(Filled(1, 2_000)))).ToArray();
        rig.Group.OnPull = _ => Page(items);
        _bodies.OnGet = stop => Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, stop);
        var channel = await rig.JoinAsync();
        channel.FromClient(7, new Pull(Cursor.Zero, 100, 1 << 20));
        Assert.Equal(30, Assert.IsType<PullResponse>((await channel.NextAsync()).Message).Blobs.Count);
        Assert.InRange(_bodies.ReadAtOnceMax, 1, 4);
    }

    private static Task<PullReply> Page(params PulledItem[] items) => Task.FromResult(new PullReply(ErrorCode.None, 0, 1, (ulong)items.Length, (ulong)items.Length, 0, items));

    private static PulledItem Named(ulong cursor, NamedBody body) => new(cursor, BlobState.Present, Sender, cursor, Blob, 1, [], body);

    private static PulledItem Inline(ulong cursor, byte[] envelope) => new(cursor, BlobState.Present, Sender, cursor, Blob, 1, envelope);

    private static PulledItem Stub(ulong cursor) => new(cursor, BlobState.Forgotten, Sender, cursor, Blob, 1, []);

    private static byte[] Filled(byte value, int count) => [.. Enumerable.Repeat(value, count)];
}
