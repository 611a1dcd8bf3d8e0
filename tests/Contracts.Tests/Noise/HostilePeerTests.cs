using System.Runtime.InteropServices;
using Xunit;
using ZeroK.Noise;
using ZeroK.Noise.Internal;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>A peer that follows the protocol with keys or nonces that it must not use.</summary>
public sealed class HostilePeerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_static_MLKEM_key_above_the_modulus_is_refused_though_it_is_well_sealed(bool isInitiators)
    {
        using var good = StaticIdentity.Generate();
        using var bad = StaticIdentity.Generate();
        Spoil(bad);
        using var initiator = new NoiseHandshake(true, default, isInitiators ? bad : good);
        using var responder = new NoiseHandshake(false, default, isInitiators ? good : bad);
        Assert.Equal(NoiseFailure.None, Pass(initiator, responder));
        var second = Pass(responder, initiator);
        Assert.Equal(isInitiators ? NoiseFailure.None : NoiseFailure.MlKem, second);
        if (isInitiators) Assert.Equal(NoiseFailure.MlKem, Pass(initiator, responder));
    }

    [Fact]
    public void A_message_under_the_nonce_of_rekey_does_not_open()
    {
        byte[] key = [.. Enumerable.Range(0, CipherState.KeyBytes).Select(i => (byte)i)], nonce = [0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255];
        using var from = new CipherState(key, 0);
        using var to = new CipherState(key, 0) { Counter = ulong.MaxValue };
        var message = new byte[CipherState.TagBytes];
        from.SealUnder(nonce, default, default, message);
        Assert.True(to.TryOpenUnder(nonce, default, message, default));
        Assert.False(to.TryOpen(default, message, default));
    }

    // FIPS 203, section 7.2: a coefficient of 3329 is the modulus itself.
    private static void Spoil(StaticIdentity identity)
    {
        Assert.True(MemoryMarshal.TryGetArray(identity.Public.MlKem768, out var key));
        (key.Array![key.Offset], key.Array[key.Offset + 1]) = (0x01, (byte)((key.Array[key.Offset + 1] & 0xf0) | 0x0d));
    }

    private static NoiseFailure Pass(NoiseHandshake writer, NoiseHandshake reader)
    {
        var message = new byte[writer.NextMessageBytes];
        Assert.Equal(NoiseFailure.None, writer.Write([], message, out _));
        return reader.Read(message, []);
    }
}
