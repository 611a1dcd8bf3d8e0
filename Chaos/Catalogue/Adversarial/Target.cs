using System.Net;
using ZeroK.Chaos.Proxy;
using ZeroK.Chaos.Topology;
using ZeroK.Client;
using ZeroK.Client.Keys;
using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>The relay under attack, and who attacks it: a stranger with a group of its own, or a member of the devices' group.</summary>
internal sealed class Target : IDisposable
{
    private readonly DeviceIdentity _strangerIdentity = DeviceIdentity.Generate();
    private readonly DeviceIdentity _memberIdentity = DeviceIdentity.Generate();
    private readonly GroupSecret _strangerSecret = GroupSecret.Random();
    private readonly KeyRing _strangerKeys;
    private readonly KeyRing _memberKeys;

    private int _joined;

    private Target(IPEndPoint endpoint, Invite invite)
    {
        Endpoint = endpoint;
        Group = invite.Group;
        _strangerKeys = new KeyRing(_strangerSecret, 1);
        _memberKeys = new KeyRing(invite.Content.Secret!, 1);
    }

    /// <summary>Where the relay listens, past every proxy.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>The devices' group.</summary>
    public GroupId Group { get; }

    /// <summary>The group that the stranger makes.</summary>
    public GroupId StrangersGroup => _strangerKeys.GroupOfFirstKey();

    /// <summary>Sessions that attackers made in order so far.</summary>
    public int Joined => _joined;

    /// <summary>Who is who.</summary>
    public static IReadOnlyList<bool> StrangerAndMember { get; } = [false, true];

    public static async Task<Target> OfAsync(ITopology topology)
    {
        if (!Invite.TryParse(topology.Clients[0].Invite, out var invite, out var problem)) throw new InvalidOperationException("The group's invite can't be read: " + problem);
        using (invite) return new Target(await ProxyAddress.Parse(topology.Relay.Endpoint).ResolveAsync().ConfigureAwait(false), invite);
    }

    /// <summary>The attacker's device: one each, so that a group's devices stay few.</summary>
    public DeviceIdentity IdentityOf(bool member) => member ? _memberIdentity : _strangerIdentity;

    /// <summary>The attacker's keys.</summary>
    public KeyRing KeysOf(bool member) => member ? _memberKeys : _strangerKeys;

    /// <summary>The attacker's group.</summary>
    public GroupId GroupOf(bool member) => member ? Group : StrangersGroup;

    /// <summary>A session before its HELLO.</summary>
    public async Task<Intruder> ShakeHandsAsync(bool member, Random random, CancellationToken cancellationToken)
    {
        var intruder = await Intruder.DialAsync(this, random, cancellationToken).ConfigureAwait(false);
        try
        {
            await intruder.HandshakeAsync(IdentityOf(member), cancellationToken).ConfigureAwait(false);
            return intruder;
        }
        catch
        {
            await intruder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A session after its WELCOME.</summary>
    public async Task<(Intruder Intruder, Welcome Welcome)> JoinAsync(bool member, Random random, CancellationToken cancellationToken)
    {
        var intruder = await ShakeHandsAsync(member, random, cancellationToken).ConfigureAwait(false);
        await intruder.SendAsync(1, intruder.HelloFor(KeysOf(member), GroupOf(member), IdentityOf(member), create: !member), cancellationToken).ConfigureAwait(false);
        var answer = await intruder.AnswerAsync(TimeSpan.FromSeconds(10), cancellationToken).ConfigureAwait(false);
        if (answer.Message is Welcome welcome)
        {
            Interlocked.Increment(ref _joined);
            return (intruder, welcome);
        }

        await intruder.DisposeAsync().ConfigureAwait(false);
        throw new InvalidOperationException("The intruder was not welcome: " + answer);
    }

    public void Dispose()
    {
        _strangerKeys.Dispose();
        _memberKeys.Dispose();
        _strangerSecret.Dispose();
        _strangerIdentity.Dispose();
        _memberIdentity.Dispose();
    }
}
