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

    private static void AssertHash(NoiseHash hash, string expected)
    {
        var actual = new byte[hash.Length];
        hash.Hash(Encoding.ASCII.GetBytes("a"), Encoding.ASCII.GetBytes("bc"), default, actual);
        Assert.Equal(expected, Convert.ToHexStringLower(actual));
    }
}
