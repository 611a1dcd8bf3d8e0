using NSec.Cryptography;
using Xunit;
using ZeroK.Channel;
using ZeroK.Gateway;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

public sealed class HelloTests
{
    [Fact]
    public async Task Member_is_welcomed_with_the_relays_limits()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = rig.Open();
        channel.FromClient(9, rig.HelloFor(channel));
        var (id, message) = await channel.NextAsync();
        Assert.Equal(9u, id);
        var welcome = Assert.IsType<Welcome>(message);
        Assert.Equal(20u, welcome.Limits.KeepAliveSeconds);
        Assert.Equal((uint)WireLimits.EnvelopeBytesMax, welcome.Limits.EnvelopeBytesMax);
        Assert.True(Assert.Single(rig.Group.Hellos).GroupMatchesKey);
    }

    [Fact]
    public async Task Member_whose_group_is_at_another_relay_is_told_where_and_any_other_is_not()
    {
        await using var rig = await GatewayRig.StartAsync();
        foreach (var elsewhere in new[] { null, "", "relay-1.example:4840" })
        {
            rig.Group.OnHello = _ => Task.FromResult(FakeGroup.Welcome(ErrorCode.None) with { Elsewhere = elsewhere });
            var channel = rig.Open();
            channel.FromClient(1, rig.HelloFor(channel));
            Assert.Equal(elsewhere ?? "", Assert.IsType<Welcome>((await channel.NextAsync()).Message).Hint);
        }
    }

    [Fact]
    public async Task Gateway_has_an_address_of_its_own_while_it_takes_connections()
    {
        await using var rig = new GatewayRig();
        var (none, own, named) = (new GatewayAddress(null, rig.Gateway), new GatewayAddress(new RelayEndpoint("relay-1.example", 0), rig.Gateway), new GatewayAddress(new RelayEndpoint("2001:db8::7", 5000), rig.Gateway));
        Assert.Equal(["", "", ""], [none.Public, own.Public, named.Public]);
        await rig.Gateway.StartAsync(CancellationToken.None);
        Assert.Equal(["", $"relay-1.example:{rig.Gateway.Port}", "[2001:db8::7]:5000"], [none.Public, own.Public, named.Public]);
        await rig.Gateway.DrainAsync();
        Assert.Equal(["", "", ""], [none.Public, own.Public, named.Public]);
    }

    // The client proves its ML-KEM key by its first frame: what breaks before it is a failed handshake, and the operator's to see.
    [Theory]
    [InlineData(ChannelFailure.Cipher)]
    [InlineData(ChannelFailure.Transport)]
    [InlineData(ChannelFailure.Malformed)]
    public async Task Session_that_breaks_before_its_first_frame_is_counted_as_a_handshake_with_the_cause(ChannelFailure how)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Open().BreakRead(new ChannelException(how, "Broken by the test."));
        await GatewayRig.Until(() => rig.Counted("zerok.handshakes", how.ToString()) == 1);
        Assert.Equal(0, rig.Counted("zerok.handshakes", "ok"));
    }

    [Fact]
    public async Task Group_id_alone_admits_nobody()
    {
        await using var rig = await GatewayRig.StartAsync();
        using var own = Key.Create(SignatureAlgorithm.Ed25519);
        var channel = rig.Open();

        // Knows the group's id and its public key, but can't sign with it.
        var hello = rig.HelloFor(channel, own) with { AdmissionKey = rig.Admission.PublicKey.Export(KeyBlobFormat.RawPublicKey) };
        channel.FromClient(1, hello);
        await AssertRefusedAsync(channel, ErrorCode.Unauthorized);
        Assert.Empty(rig.Group.Hellos);
    }

    [Fact]
    public async Task Stranger_with_a_key_of_their_own_is_marked_as_no_founder_of_the_group()
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Group.OnHello = r => Task.FromResult(FakeGroup.Welcome(r.GroupMatchesKey ? ErrorCode.None : ErrorCode.Unauthorized));
        using var own = Key.Create(SignatureAlgorithm.Ed25519);
        var channel = rig.Open();
        channel.FromClient(1, rig.HelloFor(channel, own));
        await AssertRefusedAsync(channel, ErrorCode.Unauthorized);
        Assert.False(Assert.Single(rig.Group.Hellos).GroupMatchesKey);
    }

    [Fact]
    public async Task Signature_for_another_group_is_refused()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = rig.Open();
        channel.FromClient(1, rig.HelloFor(channel) with { Group = new GroupId(new byte[32]) });
        await AssertRefusedAsync(channel, ErrorCode.Unauthorized);
    }

    [Fact]
    public async Task Hello_replayed_in_another_session_is_refused()
    {
        await using var rig = await GatewayRig.StartAsync();
        var device = FakeChannel.NewPeer();
        var first = rig.Open(device);
        var hello = rig.HelloFor(first);
        first.FromClient(1, hello);
        Assert.IsType<Welcome>((await first.NextAsync()).Message);
        var second = rig.Open(device);
        second.FromClient(1, hello);
        await AssertRefusedAsync(second, ErrorCode.Unauthorized);
    }

    [Fact]
    public async Task Hello_of_another_device_is_refused()
    {
        await using var rig = await GatewayRig.StartAsync();
        var (mine, theirs) = (rig.Open(), rig.Open());
        mine.FromClient(1, rig.HelloFor(theirs, handshakeHash: mine.HandshakeHash.ToArray()));
        await AssertRefusedAsync(mine, ErrorCode.Unauthorized);
    }

    [Fact]
    public async Task A_device_can_not_be_given_another_signing_key()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = rig.Open();
        channel.FromClient(1, rig.HelloFor(channel) with { SigningKey = new byte[32] });
        await AssertRefusedAsync(channel, ErrorCode.Unauthorized);
    }

    [Fact]
    public async Task Message_before_hello_is_refused_with_a_code()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = rig.Open();
        channel.FromClient(4, new Pull(Cursor.Zero, 10, 1000));
        await AssertRefusedAsync(channel, ErrorCode.Unauthorized, requestId: 4);
    }

    [Fact]
    public async Task Second_hello_ends_the_session_with_a_code()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = await rig.JoinAsync();
        channel.FromClient(2, rig.HelloFor(channel));
        await AssertRefusedAsync(channel, ErrorCode.InvalidMessage, requestId: 2);
    }

    [Fact]
    public async Task Deadline_covers_a_handshake_that_never_ends()
    {
        await using var rig = await GatewayRig.StartAsync();
        var connection = rig.Connect();
        await GatewayRig.Until(() => rig.Gateway.HalfOpen == 1);
        rig.Time.Advance(TimeSpan.FromSeconds(10.1));
        await connection.Disposed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await GatewayRig.Until(() => rig.Gateway.HalfOpen == 0);
    }

    [Fact]
    public async Task Deadline_covers_reading_hello_and_counts_from_accepting()
    {
        await using var rig = await GatewayRig.StartAsync();
        var connection = rig.Connect();
        await GatewayRig.Until(() => rig.Gateway.HalfOpen == 1);
        rig.Time.Advance(TimeSpan.FromSeconds(7));
        var channel = new FakeChannel(FakeChannel.NewPeer(), new byte[32]);
        connection.Handshake.SetResult(channel);
        await GatewayRig.Until(() => channel.FrameBytesMax == WireLimits.HelloFrameBytesMax);
        rig.Time.Advance(TimeSpan.FromSeconds(3.1));
        await AssertRefusedAsync(channel, ErrorCode.Unauthorized);
        channel.ClientCloses();
        await GatewayRig.Until(() => rig.Gateway.HalfOpen == 0);
    }

    [Fact]
    public async Task Frames_before_hello_may_be_as_long_as_a_hello_and_no_longer()
    {
        await using var rig = await GatewayRig.StartAsync();
        var channel = rig.Open();
        await GatewayRig.Until(() => channel.FrameBytesMax == WireLimits.HelloFrameBytesMax);
        channel.BreakRead(new ChannelException(ChannelFailure.TooLarge, "too long") { RequestId = 3 });
        await AssertRefusedAsync(channel, ErrorCode.InvalidMessage, requestId: 3);
    }

    [Fact]
    public async Task Newer_session_of_a_device_replaces_the_older_but_only_once_accepted()
    {
        await using var rig = await GatewayRig.StartAsync();
        var device = FakeChannel.NewPeer();
        var old = await rig.JoinAsync(device);
        var refused = rig.Open(device);
        refused.FromClient(1, rig.HelloFor(refused, handshakeHash: new byte[32]));
        await AssertRefusedAsync(refused, ErrorCode.Unauthorized);
        Assert.False(old.TryNext(out _));

        var young = await rig.JoinAsync(device);
        Assert.Equal(ErrorCode.SessionReplaced, Assert.IsType<Bye>((await old.NextAsync()).Message).Code);
        old.ClientCloses();
        await old.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(young.IsDisposed);
        Assert.Empty(rig.Group.Leaves);
    }

    internal static async Task AssertRefusedAsync(FakeChannel channel, ErrorCode code, uint? requestId = null)
    {
        var (id, message) = await channel.NextAsync();
        var error = Assert.IsType<ErrorMessage>(message);
        Assert.Equal(code, error.Code);
        Assert.NotEmpty(error.Text);
        if (requestId is { } expected) Assert.Equal(expected, id);
        Assert.Equal(code, Assert.IsType<Bye>((await channel.NextAsync()).Message).Code);
    }
}
