using Xunit;
using ZeroK.Gateway;
using ZeroK.Relay.Tests.Content;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>A session's side streams: contents beside the sync.</summary>
public sealed class SideStreamTests
{
    private readonly SomeContent _content = new(100_000);

    private ReadOnlyMemory<byte> Hash => _content.Hash.ToArray();

    [Fact]
    public async Task Content_is_put_and_read_on_a_side_stream_and_the_replies_come_there()
    {
        await using var rig = await GatewayRig.StartAsync();
        var device = await JoinAsync(rig);
        var side = device.OpenSide();
        Assert.IsType<ContentState>(await AskAsync(side, 1, new ContentPut(Hash, _content.Size)));
        foreach (var (offset, count) in _content.Pieces(32_768))
            Assert.IsType<Ok>(await AskAsync(side, 2, new ContentPiece(Hash, _content.Size, (ulong)offset, (uint)count, _content.Encode(offset, count))));
        Assert.IsType<ContentAck>(await AskAsync(side, 3, new ContentRef(Hash, _content.Size)));
        var part = Assert.IsType<ContentPart>(await AskAsync(side, 4, new ContentGet(Hash, _content.Size, 20_000, 10)));
        Assert.Equal(_content.Bytes[16_384..32_768], _content.Decode(16_384, 16_384, part.Encoding.Span));
        Assert.False(device.TryNext(out _));
        side.ClientCloses();
        await side.Ended;
        Assert.True(side.IsCompleted);
        Assert.IsType<Devices>(await AskAsync(device, 5, new ListDevices()));
    }

    [Theory]
    [InlineData(true, 8, 8)]
    [InlineData(true, 0, 0)]
    [InlineData(false, 8, 0)]
    public async Task Welcome_announces_side_streams_where_the_transport_has_them(bool hasThem, int allowed, uint announced)
    {
        await using var rig = await GatewayRig.StartAsync(new() { StreamsMax = allowed });
        var channel = rig.Open(hasSideStreams: hasThem);
        channel.FromClient(1, rig.HelloFor(channel));
        Assert.Equal(announced, Assert.IsType<Welcome>((await channel.NextAsync()).Message).Limits.StreamsMax);
    }

    public static TheoryData<WireMessage> NoContents => [GatewayRig.PushOf((1, 10)), new ListDevices(), new Pull(Cursor.Zero, 1, 1), new Ack(Cursor.Zero), new Bye(ErrorCode.None, 0, ""), new Ok(), new Hello(new GroupId(new byte[32]), new byte[32], new byte[32], new byte[64], false, default)];

    [Theory]
    [MemberData(nameof(NoContents), DisableDiscoveryEnumeration = true)]
    public async Task What_is_no_content_is_refused_and_ends_that_stream_alone(WireMessage message)
    {
        await using var rig = await GatewayRig.StartAsync();
        var device = await JoinAsync(rig);
        var (side, other) = (device.OpenSide(), device.OpenSide());
        Assert.Equal(ErrorCode.InvalidMessage, CodeOf(await AskAsync(side, 7, message)));
        await side.Ended;
        Assert.True(side.IsCompleted);
        Assert.IsType<ContentState>(await AskAsync(other, 1, new ContentPut(Hash, _content.Size)));
        Assert.IsType<Devices>(await AskAsync(device, 2, new ListDevices()));
        Assert.False(device.IsDisposed);
    }

    [Fact]
    public async Task Stream_above_the_limit_is_refused_with_a_code_and_finds_a_place_once_another_has_ended()
    {
        await using var rig = await GatewayRig.StartAsync(new() { StreamsMax = 2 });
        var device = await JoinAsync(rig);
        var (first, second) = (device.OpenSide(), device.OpenSide());
        Assert.IsType<ContentState>(await AskAsync(first, 1, new ContentPut(Hash, _content.Size)));
        Assert.IsType<ContentState>(await AskAsync(second, 1, new ContentPut(Hash, _content.Size)));
        var third = device.OpenSide();
        third.FromClient(1, new ContentPut(Hash, _content.Size));
        var (request, refused) = await third.NextAsync();
        Assert.Equal((0u, ErrorCode.RelayOverloaded), (request, CodeOf(refused)));
        await third.Ended;

        first.ClientCloses();
        await first.Ended;
        Assert.IsType<ContentState>(await AskAsync(device.OpenSide(), 1, new ContentPut(Hash, _content.Size)));
    }

    [Fact]
    public async Task Many_streams_above_the_limit_are_dropped_without_a_word_and_nothing_piles_up()
    {
        await using var rig = await GatewayRig.StartAsync(new() { StreamsMax = 1 });
        var device = await JoinAsync(rig);
        var held = Enumerable.Range(0, 50).Select(_ => device.OpenSide()).ToList();
        foreach (var side in held) side.Stall();
        await GatewayRig.Until(() => held.Count(s => s.IsDisposed) >= 45);
        held[0].Resume();
        Assert.IsType<ContentState>(await AskAsync(held[0], 1, new ContentPut(Hash, _content.Size)));
    }

    [Fact]
    public async Task Stream_that_sends_no_number_ends_in_time_and_its_place_is_free()
    {
        await using var rig = await GatewayRig.StartAsync(new() { StreamsMax = 1, HelloSeconds = 5 });
        var device = await JoinAsync(rig);
        var mute = device.OpenSide(hasNoNumber: true);
        await GatewayRig.Until(() => rig.OpenSides == 1);
        rig.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(mute.IsDisposed);
        rig.Time.Advance(TimeSpan.FromSeconds(1.1));
        await mute.Ended;
        await GatewayRig.Until(() => rig.OpenSides == 0);
        Assert.IsType<ContentState>(await AskAsync(device.OpenSide(), 1, new ContentPut(Hash, _content.Size)));
    }

    [Fact]
    public async Task Stream_that_is_full_holds_up_neither_the_main_one_nor_another()
    {
        await using var rig = await GatewayRig.StartAsync(new() { SessionRequestsMax = 1 });
        var device = await JoinAsync(rig);
        var stuck = device.OpenSide();
        stuck.Stall();
        for (uint i = 1; i <= 5; i++) stuck.FromClient(i, new ContentPut(Hash, _content.Size));
        await GatewayRig.Until(() => stuck.SendsWaiting == 1);
        Assert.Equal(1, stuck.Received);
        Assert.IsType<Devices>(await AskAsync(device, 1, new ListDevices()));
        Assert.IsType<ContentState>(await AskAsync(device.OpenSide(), 1, new ContentPut(Hash, _content.Size)));
        stuck.Resume();
        for (uint i = 1; i <= 5; i++) Assert.Equal(i, (await stuck.NextAsync()).RequestId);
    }

    [Fact]
    public async Task What_a_side_stream_was_promised_is_finished_when_the_relay_shuts_down()
    {
        await using var rig = await GatewayRig.StartAsync();
        var device = await JoinAsync(rig);
        var side = device.OpenSide();
        side.Stall();
        side.FromClient(1, new ContentPut(Hash, _content.Size));
        await GatewayRig.Until(() => side.SendsWaiting == 1);
        var draining = rig.Gateway.DrainAsync();
        Assert.IsType<Bye>((await device.NextAsync()).Message);
        side.FromClient(2, new ContentPut(Hash, _content.Size));
        await GatewayRig.Until(() => side.Received == 2);
        Assert.False(device.IsCompleted);
        side.Resume();
        Assert.IsType<ContentState>((await side.NextAsync()).Message);
        await GatewayRig.Until(() => device.IsCompleted);
        device.ClientCloses();
        await draining.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.True(side.IsDisposed);
        Assert.False(side.TryNext(out _), "What came after BYE was taken.");
    }

    [Fact]
    public async Task Session_that_ends_takes_its_streams_along()
    {
        await using var rig = await GatewayRig.StartAsync();
        var device = await JoinAsync(rig);
        var side = device.OpenSide();
        Assert.IsType<ContentState>(await AskAsync(side, 1, new ContentPut(Hash, _content.Size)));
        device.ClientCloses();
        await side.Ended;
        await GatewayRig.Until(() => rig.Gateway.Sessions == 0);
    }

    [Fact]
    public async Task Messages_on_side_streams_keep_a_session_and_count_against_its_devices_rate()
    {
        await using var rig = await GatewayRig.StartAsync(new() { KeepAliveSeconds = 10, MessagesPerDevicePerSecond = 1, BurstSeconds = 5 });
        var device = await JoinAsync(rig);
        var side = device.OpenSide();
        for (uint i = 1; i <= 5; i++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(9));
            side.FromClient(i, new ContentPut(Hash, _content.Size));
            await side.NextAsync();
        }

        Assert.False(device.IsDisposed);
        Assert.Equal(0, rig.Counted("zerok.sessions.ended", "None"));
        for (uint i = 1; i <= 6; i++) side.FromClient(i, new ContentPut(Hash, _content.Size));
        var codes = new List<WireMessage>();
        while (codes.Count < 6) codes.Add((await side.NextAsync()).Message);
        Assert.Contains(codes, m => m is ErrorMessage { Code: ErrorCode.RateLimited });
    }

    [Fact]
    public async Task Stream_that_its_client_has_forgotten_is_ended_and_its_session_goes_on()
    {
        await using var rig = await GatewayRig.StartAsync(new() { KeepAliveSeconds = 10 });
        var device = await JoinAsync(rig);
        var side = device.OpenSide();
        Assert.IsType<ContentState>(await AskAsync(side, 1, new ContentPut(Hash, _content.Size)));
        for (uint i = 2; i <= 4; i++)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(9));
            Assert.IsType<Presence>(await AskAsync(device, i, new Presence(PresenceState.Active, Cursor.Zero, 0, 0)));
        }

        await side.Ended;
        Assert.False(device.IsDisposed);
        Assert.IsType<ContentState>(await AskAsync(device.OpenSide(), 1, new ContentPut(Hash, _content.Size)));
    }

    private static Task<FakeChannel> JoinAsync(GatewayRig rig) => rig.JoinAsync(hasSideStreams: true);

    private static ErrorCode CodeOf(WireMessage message) => Assert.IsType<ErrorMessage>(message).Code;

    private static async Task<WireMessage> AskAsync(FakeStream stream, uint request, WireMessage message)
    {
        stream.FromClient(request, message);
        while (true)
        {
            var (id, reply) = await stream.NextAsync();
            if (id == request) return reply;
        }
    }
}
