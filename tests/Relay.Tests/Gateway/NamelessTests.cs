using Xunit;
using ZeroK.Channel;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>What the gateway logs where something fails. The rig looks through every line at its end: nobody is named, though each fault's own message names all.</summary>
public sealed class NamelessTests
{
    public static TheoryData<string> Faults => ["cluster", "timeout", "other"];

    [Fact]
    public async Task Refused_hellos_name_nobody()
    {
        await using var rig = await GatewayRig.StartAsync();
        foreach (var code in Enum.GetValues<ErrorCode>().Where(c => c != ErrorCode.None))
        {
            rig.Group.OnHello = _ => Task.FromResult(FakeGroup.Welcome(code));
            var refused = rig.Open(address: "198.51.100.7");
            refused.FromClient(1, rig.HelloFor(refused));
            await HelloTests.AssertRefusedAsync(refused, code);
            refused.ClientCloses();
            await GatewayRig.Until(() => rig.Logs.Lines.Any(l => l.Contains($"A HELLO was refused: {code} ", StringComparison.Ordinal)));
        }

        // The proof is of another session.
        var forged = rig.Open(address: "2001:db8::7");
        forged.FromClient(1, rig.HelloFor(forged, handshakeHash: new byte[32]));
        await HelloTests.AssertRefusedAsync(forged, ErrorCode.Unauthorized);

        // No handshake at all.
        var broken = rig.Connect("2001:db8::8");
        broken.Handshake.SetException(new ChannelException(ChannelFailure.Cipher, $"The peer {broken.RemoteAddress} failed."));
        await GatewayRig.Until(() => rig.Logs.Lines.Any(l => l.Contains("A handshake failed: Cipher", StringComparison.Ordinal)));
        var fault = rig.Connect("2001:db8::9");
        fault.Handshake.SetException(new InvalidOperationException($"The peer {fault.RemoteAddress} failed."));
        await GatewayRig.Until(() => rig.Logs.Lines.Any(l => l.Contains("A handshake failed with InvalidOperationException", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_group_that_can_not_be_asked_and_a_leave_that_fails_name_nobody(string kind)
    {
        await using var rig = await GatewayRig.StartAsync();
        rig.Group.OnHello = r => Task.FromException<HelloReply>(FaultOf(kind, rig, r.Device));
        rig.Group.OnLeave = r => Task.FromException(FaultOf(kind, rig, r.Device));
        var refused = rig.Open(address: "198.51.100.7");
        refused.FromClient(1, rig.HelloFor(refused));
        while (!refused.TryNext(out _))
        {
            rig.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await GatewayRig.Until(() => rig.Logs.Lines.Any(l => l.Contains("A group", StringComparison.Ordinal)) && rig.Logs.Lines.Any(l => l.Contains("A HELLO was refused", StringComparison.Ordinal)));

        rig.Group.OnHello = _ => Task.FromResult(FakeGroup.Welcome(ErrorCode.None));
        rig.Group.OnPush = r => Task.FromException<PushReply>(FaultOf(kind, rig, r.Device));
        var member = await rig.JoinAsync(address: "198.51.100.7");
        member.ClientCloses();
        await GatewayRig.Until(() => rig.Logs.Lines.Any(l => l.Contains("A group was not told that a device left", StringComparison.Ordinal)));
    }

    // As a cluster's own exceptions do, its message names the grain and what was asked of it.
    private static Exception FaultOf(string kind, GatewayRig rig, byte[] device)
    {
        var all = $"group/{rig.GroupPseudonym:N} {Convert.ToHexString(device)} {rig.GroupId.ToArray()} from 198.51.100.7";
        return kind switch
        {
            "cluster" => new SiloUnavailableException(all),
            "timeout" => new TimeoutException(all),
            _ => new InvalidOperationException(all, new InvalidOperationException(all)),
        };
    }
}
