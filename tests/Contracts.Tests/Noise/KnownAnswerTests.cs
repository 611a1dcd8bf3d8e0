using System.Text;
using Xunit;
using ZeroK.Noise.Internal;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>Values printed in the RFCs, so that a clone without the vector files still checks the primitives.</summary>
public sealed class KnownAnswerTests
{
    [Fact]
    public void BLAKE2s_of_RFC_7693_appendix_B() => AssertHash(NoiseHash.Blake2s, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");

    [Fact]
    public void BLAKE2b_of_RFC_7693_appendix_A() => AssertHash(NoiseHash.Blake2b,
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");

    [Theory]
    [InlineData("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void X25519_of_RFC_7748_section_5_2(string scalar, string point, string result)
    {
        using var key = X25519.Import(Convert.FromHexString(scalar));
        var shared = new byte[X25519.Bytes];
        Assert.True(X25519.TryAgree(key, Convert.FromHexString(point), shared));
        Assert.Equal(result, Convert.ToHexStringLower(shared));
    }

    // RFC 8439, 2.8.2.
    [Fact]
    public void ChaCha20_Poly1305_of_RFC_8439()
    {
        var text = Encoding.ASCII.GetBytes("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
        using var cipher = new CipherState([.. Enumerable.Range(0x80, 32).Select(i => (byte)i)], 0);
        var message = new byte[text.Length + CipherState.TagBytes];
        cipher.SealUnder(Convert.FromHexString("070000004041424344454647"), Convert.FromHexString("50515253c0c1c2c3c4c5c6c7"), text, message);
        Assert.Equal(
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116",
            Convert.ToHexStringLower(message.AsSpan(0, text.Length)));
        Assert.Equal("1ae10b594f09e26a7e902ecbd0600691", Convert.ToHexStringLower(message.AsSpan(text.Length)));
    }

    // RFC 8439, A.5: its nonce has the form that Noise makes of a counter, so it runs through the cipher of the session.
    [Fact]
    public void A_message_of_RFC_8439_opens_as_one_of_the_session()
    {
        using var cipher = new CipherState(Convert.FromHexString("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"), 0) { Counter = 0x0807060504030201 };
        var message = Convert.FromHexString(
            "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709b"
            + "eead9d67890cbb22392336fea1851f38");
        var text = new byte[message.Length - CipherState.TagBytes];
        Assert.True(cipher.TryOpen(Convert.FromHexString("f33388860000000000004e91"), message, text));
        Assert.StartsWith("Internet-Drafts are draft documents valid for a maximum of six months", Encoding.UTF8.GetString(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    public void Ed25519_of_RFC_8032_section_7_1(string secret, string point, string message, string signature)
    {
        using var key = NSec.Cryptography.Key.Import(NSec.Cryptography.SignatureAlgorithm.Ed25519, Convert.FromHexString(secret), NSec.Cryptography.KeyBlobFormat.RawPrivateKey);
        Assert.Equal(point, Convert.ToHexStringLower(key.PublicKey.Export(NSec.Cryptography.KeyBlobFormat.RawPublicKey)));
        Assert.Equal(signature, Convert.ToHexStringLower(NSec.Cryptography.SignatureAlgorithm.Ed25519.Sign(key, Convert.FromHexString(message))));
        Assert.True(NSec.Cryptography.SignatureAlgorithm.Ed25519.Verify(key.PublicKey, Convert.FromHexString(message), Convert.FromHexString(signature)));
    }

    private static void AssertHash(NoiseHash hash, string expected)
    {
        var actual = new byte[hash.Length];
        hash.Hash(Encoding.ASCII.GetBytes("a"), Encoding.ASCII.GetBytes("bc"), default, actual);
        Assert.Equal(expected, Convert.ToHexStringLower(actual));
    }
}
