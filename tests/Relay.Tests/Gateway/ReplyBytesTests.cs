using Xunit;
using ZeroK.Gateway;
using ZeroK.GrainContracts;
using ZeroK.Relay.Tests.Content;
using ZeroK.Storage.Content;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>What a small request makes the relay hold: charged before it is asked for, little at once, and given back however it ends.</summary>
public sealed class ReplyBytesTests
{
    private const long PageBytes = 4 * 1024 * 1024;
    private static readonly byte[] Mebibyte = new byte[1024 * 1024];
    private readonly FakeBodies _bodies = new();

    [Fact]
    public async Task Session_that_reads_nothing_holds_one_page_of_the_many_that_it_asked_for()
    {
        await using var rig = await GatewayRig.StartAsync();
        var asked = 0;
        rig.Group.OnPull = _ =>
        {
            Interlocked.Increment(ref asked);
            return Page(4);
        };
        var deaf = await rig.JoinAsync();
        deaf.Stall();
        for (uint i = 1; i <= 127; i++) deaf.FromClient(i, new Pull(Cursor.Zero, 100, (uint)PageBytes));
        await GatewayRig.Until(() => deaf.SendsWaiting == 1);
        var other = await rig.JoinAsync(address: "198.51.100.1");
        other.FromClient(1, new Pull(Cursor.Zero, 100, (uint)PageBytes));
        Assert.IsType<PullResponse>((await other.NextAsync()).Message);
        await GatewayRig.Until(() => rig.Context.Budget.Bytes < 2 * PageBytes);
        Assert.Equal((2, 1), (Volatile.Read(ref asked), deaf.SendsWaiting));
        Assert.InRange(rig.Context.Budget.Bytes, PageBytes, PageBytes + 128 * 1024 + 100_000);
        deaf.Resume();
        for (uint i = 1; i <= 127; i++) Assert.IsType<PullResponse>((await deaf.NextAsync()).Message);
    }

    [Fact]
    public async Task Page_is_charged_at_its_largest_before_the_group_is_asked_and_at_its_own_size_then()
    {
        await using var rig = await GatewayRig.StartAsync();
        long before = 0;
        rig.Group.OnPull = _ =>
        {
            before = rig.Context.Budget.Bytes;
            return Page(0);
        };
        var device = await rig.JoinAsync();
        device.Stall();
        device.FromClient(1, new Pull(Cursor.Zero, 100, (uint)PageBytes));
        await GatewayRig.Until(() => device.SendsWaiting == 1);
        Assert.InRange(before, PageBytes, PageBytes + 100_000);
        Assert.InRange(rig.Context.Budget.Bytes, 1, 10_000);
        device.Resume();
    }

    [Fact]
    public async Task Pages_of_all_sessions_are_asked_for_only_as_far_as_their_bytes_have_room_and_the_others_wait()
    {
        await using var rig = await GatewayRig.StartAsync(new() { BytesMax = 32 * 1024 * 1024 });
        var open = new TaskCompletionSource();
        var asked = 0;
        rig.Group.OnPull = async _ =>
        {
            Interlocked.Increment(ref asked);
            await open.Task;
            return await Page(0);
        };
        var devices = new List<FakeChannel>();
        for (var i = 0; i < 20; i++) devices.Add(await rig.JoinAsync());
        foreach (var device in devices) device.FromClient(1, new Pull(Cursor.Zero, 100, (uint)PageBytes));
        await GatewayRig.Until(() => Volatile.Read(ref asked) == 3);
        Assert.InRange(rig.Context.Budget.Bytes, 3 * PageBytes, 16 * 1024 * 1024);
        open.SetResult();
        foreach (var device in devices) Assert.IsType<PullResponse>((await device.NextAsync()).Message);
    }

    [Fact]
    public async Task Session_that_has_gone_has_no_more_pages_read_for_it()
    {
        await using var rig = await GatewayRig.StartAsync();
        var asked = 0;
        rig.Group.OnPull = _ =>
        {
            Interlocked.Increment(ref asked);
            return Page(1);
        };
        var device = await rig.JoinAsync();
        device.Stall();
        for (uint i = 1; i <= 100; i++) device.FromClient(i, new Pull(Cursor.Zero, 100, (uint)PageBytes));
        await GatewayRig.Until(() => device.SendsWaiting == 1);
        await device.DisposeAsync();
        await GatewayRig.Until(() => rig.Context.Budget.Bytes == 0);
        Assert.InRange(Volatile.Read(ref asked), 1, 2);
    }

    [Fact]
    public async Task Content_is_charged_before_it_is_read_and_a_few_are_read_at_once()
    {
        var content = new SomeContent(400_000);
        await using var rig = await GatewayRig.StartAsync();
        var device = await rig.JoinAsync();
        device.FromClient(1, new ContentPut(content.Hash.ToArray(), content.Size));
        foreach (var (offset, count) in content.Pieces(131_072)) device.FromClient(2, new ContentPiece(content.Hash.ToArray(), content.Size, (ulong)offset, (uint)count, content.Encode(offset, count)));
        device.FromClient(3, new ContentRef(content.Hash.ToArray(), content.Size));
        while ((await device.NextAsync()).Message is not ContentAck)
        {
        }

        device.Stall();
        for (uint i = 1; i <= 100; i++) device.FromClient(i, new ContentGet(content.Hash.ToArray(), content.Size, 0, 262_144));
        await GatewayRig.Until(() => device.SendsWaiting == 2 && device.Received > 100);
        Assert.InRange(rig.Context.Budget.Bytes, 2 * 262_144, 1024 * 1024);
        device.Resume();
        for (uint i = 1; i <= 100; i++) Assert.IsType<ContentPart>((await device.NextAsync()).Message);
    }

    public static TheoryData<string> Failures => ["body not put", "body late", "push refused", "pull refused", "body lost", "body store down", "content refused", "content unknown", "piece refused", "group out of reach", "fault"];

    // The rig's end holds it for every test: what was taken is given back.
    [Theory]
    [MemberData(nameof(Failures))]
    public async Task After_a_refusal_of_any_kind_nothing_is_under_way(string failure)
    {
        await using var rig = await GatewayRig.StartAsync(new() { CallAttemptsMax = 1, CallSeconds = 2 }, _bodies.Where);
        var hash = new SomeContent(100_000).Hash.ToArray();
        var named = _bodies.Add(new byte[50_000]);
        WireMessage request = failure switch
        {
            "body not put" or "body late" or "push refused" or "group out of reach" or "fault" => GatewayRig.PushOf((1, 50_000)),
            "content refused" or "content unknown" => new ContentGet(hash, 100_000, 0, 1_000),
            "piece refused" => new ContentPiece(hash, 100_000, 0, 32_768, new byte[32_768]),
            _ => new Pull(Cursor.Zero, 100, (uint)PageBytes),
        };
        rig.Group.OnPull = _ => Task.FromResult(new PullReply(failure == "pull refused" ? ErrorCode.RateLimited : ErrorCode.None, 5, 1, 1, 1, 0,
            [new PulledItem(1, BlobState.Present, new byte[32], 1, new byte[16], 1, [], failure == "body lost" ? named with { Name = Guid.NewGuid() } : named)]));
        if (failure == "push refused") rig.Group.OnPush = _ => Task.FromResult(new PushReply(ErrorCode.StorageFull, 5, []));
        if (failure == "group out of reach") rig.Group.OnPush = _ => throw new TimeoutException();
        if (failure == "fault") rig.Group.OnPush = _ => throw new InvalidOperationException("By the test.");
        if (failure == "body not put") _bodies.OnPut = (_, _) => throw new BodyStoreException("Broken by the test.");
        if (failure == "body late") _bodies.OnPut = (_, stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        if (failure == "body store down") _bodies.OnGet = _ => throw new BodyStoreException("Broken by the test.");
        if (failure == "content refused") rig.ContentStore.Before = _ => throw new ContentStoreException("Full, by the test.");
        var device = await rig.JoinAsync();
        device.FromClient(7, request);
        var reply = device.NextAsync().AsTask();
        while (!reply.IsCompleted)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.WhenAny(reply, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }

        Assert.NotEqual(ErrorCode.None, Assert.IsType<ErrorMessage>((await reply).Message).Code);
        await GatewayRig.Until(() => rig.Context.Budget.Bytes == 0);
        Assert.Equal(0, rig.Context.LargeBodies!.BytesUnderWay);
    }

    private static Task<PullReply> Page(int mebibytes) =>
        Task.FromResult(new PullReply(ErrorCode.None, 0, 1, 4, 4, 0, [.. Enumerable.Range(1, mebibytes).Select(i => new PulledItem((ulong)i, BlobState.Present, new byte[32], (ulong)i, new byte[16], 1, Mebibyte))]));
}
