using System.Text.Json;
using Xunit;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using ZeroK.Tests.Shared;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>Public transcripts, through the engine that production uses.</summary>
public sealed class NoiseVectorTests
{
    [Fact]
    public void Hybrid_transcripts_come_out_byte_for_byte()
    {
        var cases = Vectors.Load("noise_hybrid_clatter.json").GetProperty("vectors").EnumerateArray().Where(v => !IsOldOrder(v)).ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, v => Replay(v, hybrid: true));
    }

    [Fact]
    public void The_old_token_order_does_not_come_out()
    {
        var all = Vectors.Load("noise_hybrid_clatter.json").GetProperty("vectors").EnumerateArray().ToList();
        Assert.NotEmpty(all);
        var cases = all.Where(IsOldOrder).ToList();
        if (cases.Count == 0) Assert.Skip("no transcript of the old order is in the file");
        Assert.All(cases, v => Assert.ThrowsAny<Exception>(() => Replay(v, hybrid: true)));
    }

    [Theory]
    [InlineData("noise_cacophony_xx.json")]
    [InlineData("noise_snow_xx.json")]
    public void Classical_XX_transcripts_come_out_byte_for_byte(string file)
    {
        var cases = Vectors.Load(file).GetProperty("vectors").EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, v => Replay(v, hybrid: false));
    }

    private static bool IsOldOrder(JsonElement v) => v.GetProperty("id").GetString()!.Contains("OLD-ORDER", StringComparison.Ordinal);

    private static void Replay(JsonElement v, bool hybrid)
    {
        var name = v.GetProperty("protocol_name").GetString()!;
        var hash = new[] { NoiseHash.Blake2s, NoiseHash.Blake2b, NoiseHash.Sha256 }.Single(h => name.EndsWith("_" + h.Name, StringComparison.Ordinal));
        var pattern = new[] { NoisePattern.XX, NoisePattern.HybridXX, NoisePattern.HybridXXpsk3 }.Single(p => p.ProtocolName(hash) == name);
        using var initiatorKeys = Identity(v, "init");
        using var responderKeys = Identity(v, "resp");
        var coins = new Queue<byte[]>(hybrid ? v.GetProperty("messages").EnumerateArray().SelectMany(m => m.GetProperty("kem_encaps_m").EnumerateArray().Select(c => Convert.FromHexString(c.GetString()!))) : []);
        using var initiator = Side(v, "init", true, pattern, hash, initiatorKeys, coins);
        using var responder = Side(v, "resp", false, pattern, hash, responderKeys, coins);

        var messages = v.GetProperty("messages").EnumerateArray().ToList();
        foreach (var message in messages.Take(pattern.Messages.Length))
        {
            var (writer, reader) = initiator.IsMyTurn ? (initiator, responder) : (responder, initiator);
            var payload = Hex(message, "payload");
            var expected = Hex(message, "ciphertext");
            Assert.Equal(expected.Length, writer.NextMessageBytes + payload.Length);
            var buffer = new byte[expected.Length];
            Assert.Equal(NoiseFailure.None, writer.Write(payload, buffer, out var written));
            Assert.Equal(buffer.Length, written);
            Assert.Equal(expected, buffer);
            var opened = new byte[payload.Length];
            Assert.Equal(NoiseFailure.None, reader.Read(buffer, opened));
            Assert.Equal(payload, opened);
        }

        Assert.Equal(initiator.HandshakeHash.ToArray(), responder.HandshakeHash.ToArray());
        if (v.TryGetProperty("handshake_hash", out var handshakeHash)) Assert.Equal(Convert.FromHexString(handshakeHash.GetString()!), initiator.HandshakeHash.ToArray());
        using var first = initiator.Split(0);
        using var second = responder.Split(0);
        var transport = hybrid ? v.GetProperty("transport").EnumerateArray().ToList() : messages.Skip(pattern.Messages.Length).ToList();
        // Cacophony and snow go on with whose turn it is after the handshake; the hybrid transcripts begin with the initiator.
        var initiatorSends = hybrid || pattern.Messages.Length % 2 == 0;
        foreach (var message in transport)
        {
            var (from, to) = initiatorSends ? (first, second) : (second, first);
            var payload = Hex(message, "payload");
            var buffer = new byte[payload.Length + NoiseSession.TagBytes];
            from.Seal(payload, buffer);
            Assert.Equal(Hex(message, "ciphertext"), buffer);
            Assert.True(to.TryOpen(buffer, buffer));
            Assert.Equal(payload, buffer[..payload.Length]);
            initiatorSends = !initiatorSends;
        }
    }

    private static NoiseHandshake Side(JsonElement v, string side, bool initiator, NoisePattern pattern, NoiseHash hash, StaticIdentity identity, Queue<byte[]> coins)
    {
        var prologue = v.TryGetProperty(side + "_prologue", out var p) && p.ValueKind == JsonValueKind.String ? Convert.FromHexString(p.GetString()!) : null;
        var psk = v.TryGetProperty("psk", out var k) && k.ValueKind == JsonValueKind.String ? Convert.FromHexString(k.GetString()!) : null;
        var seed = v.TryGetProperty(side + "_ephemeral_kem_seed", out var s) ? Convert.FromHexString(s.GetString()!) : [];
        return new NoiseHandshake(pattern, hash, initiator, prologue, prologue is not null, identity, new Given(Hex(v, side + "_ephemeral"), seed, coins), psk);
    }

    private static StaticIdentity Identity(JsonElement v, string side) => StaticIdentity.Import(
        [.. Hex(v, side + "_static"), .. v.TryGetProperty(side + "_static_kem_seed", out var seed) ? Convert.FromHexString(seed.GetString()!) : new byte[64]]);

    private static byte[] Hex(JsonElement v, string name) => Convert.FromHexString(v.GetProperty(name).GetString()!);

    private sealed class Given(byte[] ephemeral, byte[] seed, Queue<byte[]> coins) : HandshakeRandom
    {
        public override void Ephemeral(Span<byte> destination) => ephemeral.CopyTo(destination);

        public override void KemSeed(Span<byte> destination) => seed.CopyTo(destination);

        public override void Coins(Span<byte> destination) => coins.Dequeue().CopyTo(destination);
    }
}
