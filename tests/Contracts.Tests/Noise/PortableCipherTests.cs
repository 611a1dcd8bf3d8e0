using Xunit;
using ZeroK.Noise.Internal;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>Systems without ChaCha20-Poly1305 of their own (Windows before 10 2004, Server 2022, Wine): NSec's gives the same bytes, over all vectors and between the two.</summary>
public sealed class PortableCipherTests : IDisposable
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, CipherState.KeyBytes).Select(i => (byte)i)];

    public PortableCipherTests() => CipherState.IsPortableForced = true;

    public void Dispose() => CipherState.IsPortableForced = false;

    [Fact]
    public void Wycheproofs_cases_come_out_as_expected() => new WycheproofTests().The_session_cipher_seals_and_opens_ChaCha20_Poly1305_as_expected();

    [Fact]
    public void Hybrid_transcripts_come_out_byte_for_byte() => new NoiseVectorTests().Hybrid_transcripts_come_out_byte_for_byte();

    [Theory]
    [InlineData("noise_cacophony_xx.json")]
    [InlineData("noise_snow_xx.json")]
    public void Classical_transcripts_come_out_byte_for_byte(string file) => new NoiseVectorTests().Classical_XX_transcripts_come_out_byte_for_byte(file);

    [Fact]
    public void The_known_handshake_comes_out_byte_for_byte() => new HybridKnownAnswerTests().The_known_handshake_comes_out_byte_for_byte();

    [Fact]
    public void The_ciphers_own_facts_hold()
    {
        var facts = new CipherStateTests();
        facts.Rekey_boundaries_are_crossed_by_both_sides_without_loss();
        facts.After_a_rekey_the_old_key_opens_nothing();
        facts.Rekey_is_what_the_old_key_makes_of_32_zeros_under_the_last_nonce();
        facts.The_last_nonce_is_never_used_for_a_message();
        facts.A_repeated_or_skipped_message_does_not_open_and_the_right_one_still_does();
    }

    [Fact]
    public void A_session_between_the_two_goes_on_over_rekeys_in_both_directions()
    {
        using var portable = new CipherState(Key, 3);
        CipherState.IsPortableForced = false;
        using var system = new CipherState(Key, 3);
        Assert.True(portable.IsPortable);
        Assert.NotEqual(System.Security.Cryptography.ChaCha20Poly1305.IsSupported, system.IsPortable);
        for (byte i = 0; i < 20; i++)
        {
            var (from, to) = i % 2 == 0 ? (portable, system) : (system, portable);
            (from.Counter, to.Counter) = (i, i);
            var message = new byte[1 + CipherState.TagBytes];
            from.Seal([i], [i], message);
            Assert.True(to.TryOpen([i], message, message), $"message {i}");
            Assert.Equal(i, message[0]);
        }

        Assert.True(portable.IsPortable);
    }
}
