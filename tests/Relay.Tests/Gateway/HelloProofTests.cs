using NSec.Cryptography;
using Xunit;
using ZeroK.Gateway;
using ZeroK.Tests.Shared;

namespace ZeroK.Relay.Tests.Gateway;

/// <summary>The signature check of HELLO, as the gateway calls it.</summary>
public sealed class HelloProofTests
{
    [Fact]
    public void Ed25519_accepts_the_valid_signatures_of_Wycheproof_only() =>
        Vectors.RunAll("wycheproof_ed25519_test.json", (group, test) =>
            HelloProof.IsSignature(Vectors.Hex(group.GetProperty("publicKey"), "pk"), Vectors.Hex(test, "msg"), Vectors.Hex(test, "sig")) == (Vectors.Result(test) == "valid"));

    // RFC 8032, 7.1, tests 1 and 2.
    [Theory]
    [InlineData("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    public void Each_bit_of_a_signature_of_RFC_8032_counts(string key, string text, string signature)
    {
        var (point, message, good) = (Convert.FromHexString(key), Convert.FromHexString(text), Convert.FromHexString(signature));
        Assert.True(HelloProof.IsSignature(point, message, good));
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] changed = [.. good];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(HelloProof.IsSignature(point, message, changed), $"bit {bit}");
        }
    }

    [Fact]
    public void A_key_or_a_signature_of_another_length_is_refused_without_an_exception()
    {
        using var key = Key.Create(SignatureAlgorithm.Ed25519);
        var point = key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        var signature = SignatureAlgorithm.Ed25519.Sign(key, "text"u8);
        Assert.True(HelloProof.IsSignature(point, "text"u8, signature));
        Assert.False(HelloProof.IsSignature(point.AsSpan(1), "text"u8, signature));
        Assert.False(HelloProof.IsSignature(point, "text"u8, signature.AsSpan(1)));
        Assert.False(HelloProof.IsSignature(default, "text"u8, default));
        Assert.False(HelloProof.IsSignature(new byte[32], "text"u8, new byte[64]));
    }
}
