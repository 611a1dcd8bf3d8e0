using ZeroK.Client.Keys;
using ZeroK.Client.Pairing;
using ZeroK.Wire;

namespace ZeroK.Client.Tests.Pairing;

/// <summary>Two machines and what a relay could do between them.</summary>
internal sealed class PairingRig : IDisposable
{
    public static readonly byte[] Relay = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    public static readonly DeviceId InviterId = new([.. Enumerable.Repeat((byte)1, 32)]), JoinerId = new([.. Enumerable.Repeat((byte)2, 32)]);

    public PairingRig(string? typed = null, byte[]? joinersRelay = null, int seed = 1)
    {
        Code = PairingCode.Draw(new Seeded(seed));
        Secret = GroupSecret.Random();
        using var ring = new KeyRing(Secret, 1);
        Content = new GroupContent(ring.GroupOfFirstKey(), 1, Secret, null, [new RelayAddress("relay.example", 4840, Relay)]);
        Inviter = new PairingInviter(new PairingParty(Code, InviterId, "laptop", Relay), PairingText.RecordOf(Content), new Seeded(seed + 1000), TimeSpan.Zero);
        Joiner = Another(typed, joinersRelay, seed + 2000);
    }

    public PairingCode Code { get; }

    public GroupSecret Secret { get; }

    public GroupContent Content { get; }

    public PairingInviter Inviter { get; }

    public PairingJoiner Joiner { get; }

    public TimeSpan Now { get; set; }

    /// <summary>A joiner that is not the first.</summary>
    public PairingJoiner Another(string? typed = null, byte[]? relay = null, int seed = 77)
    {
        if (!PairingCode.TryParse(typed ?? Code.Text, out var code, out var problem)) throw new ArgumentException(problem, nameof(typed));
        return new PairingJoiner(new PairingParty(code, JoinerId, "phone", relay ?? Relay), new Seeded(seed), TimeSpan.Zero);
    }

    /// <summary>The code with its last symbol changed: the right mailbox, another password.</summary>
    public string Mistyped => Code.Text[..^1] + (Code.Text[^1] == '7' ? '8' : '7');

    /// <summary>The next message to a side: what its machine wants to send then; null: nothing.</summary>
    public byte[]? ToJoiner(byte[] message) => Joiner.Receive(message, Now).Send;

    /// <inheritdoc cref="ToJoiner"/>
    public byte[]? ToInviter(byte[] message) => Inviter.Receive(message, Now).Send;

    /// <summary>All messages of a run without a fault, in their order: share, answer, ciphertext, confirmation, invite.</summary>
    public List<byte[]> RunToInvite()
    {
        var all = new List<byte[]> { Inviter.First };
        all.Add(ToJoiner(all[^1])!);
        all.Add(ToInviter(all[^1])!);
        all.Add(ToJoiner(all[^1])!);
        all.Add(ToInviter(all[^1])!);
        ToJoiner(all[^1]);
        return all;
    }

    public void Dispose()
    {
        Inviter.Dispose();
        Joiner.Dispose();
        Secret.Dispose();
    }

    /// <summary>Chance that can be replayed.</summary>
    internal sealed class Seeded(int seed) : PairingRandom
    {
        private readonly Random _random = new(seed);

        public override void Fill(Span<byte> destination) => _random.NextBytes(destination);
    }
}
