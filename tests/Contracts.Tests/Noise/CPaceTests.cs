using System.Text.Json;
using Xunit;
using ZeroK.Noise.Internal;
using ZeroK.Tests.Shared;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>CPace over ristretto255 against the draft's public vectors, and what an element that is none does.</summary>
public sealed class CPaceTests
{
    private const string File = "cpace_ristretto255.json";
    private const string Group = "G_ristretto255_sha512";

    [Fact]
    public void The_drafts_generator_shares_and_key_come_out()
    {
        var v = Vectors.Load(File).GetProperty(Group);
        var generator = new byte[CPace.ShareBytes];
        CPace.Generator(Vectors.Hex(v, "PRS"), Vectors.Hex(v, "CI"), Vectors.Hex(v, "sid"), generator);
        Assert.Equal(Vectors.Hex(v, "g"), generator);

        using var a = Side(v, "ya");
        using var b = Side(v, "yb");
        Assert.Equal(Vectors.Hex(v, "Ya"), a.Share);
        Assert.Equal(Vectors.Hex(v, "Yb"), b.Share);
        Assert.Equal(Vectors.Hex(v, "ISK_IR"), Agree(a, b, v, fromA: true));
        Assert.Equal(Vectors.Hex(v, "ISK_IR"), Agree(a, b, v, fromA: false));
    }

    [Fact]
    public void The_drafts_point_multiplies_and_its_two_others_are_refused()
    {
        var points = Vectors.Load(File).GetProperty("points");
        var valid = points.GetProperty("Valid");
        var result = new byte[CPace.ShareBytes];
        Assert.True(CPace.TryMultiply(Vectors.Hex(valid, "s"), Vectors.Hex(valid, "X"), result));
        Assert.Equal(Vectors.Hex(valid, "G.scalar_mult_vfy(s,X)"), result);
        Assert.False(CPace.TryMultiply(Vectors.Hex(valid, "s"), Vectors.Hex(points, "Invalid Y1"), result));
        Assert.False(CPace.TryMultiply(Vectors.Hex(valid, "s"), Vectors.Hex(points, "Invalid Y2"), result));
    }

    [Fact]
    public void The_same_password_gives_both_sides_one_key_and_their_tags_fit()
    {
        using var a = Begin("secret", "here", 1);
        using var b = Begin("secret", "here", 2);
        var (ka, kb) = (Agreed(a, a, b), Agreed(b, a, b));
        Assert.Equal(ka, kb);
        Assert.Equal(Tag(a, ka, a), Tag(b, kb, a));
        Assert.NotEqual(Tag(a, ka, a), Tag(a, ka, b));
    }

    [Theory]
    [InlineData("other", "here")]
    [InlineData("secret", "there")]
    public void Another_password_or_place_gives_another_key(string password, string place)
    {
        using var a = Begin("secret", "here", 1);
        using var b = Begin(password, place, 2);
        Assert.NotEqual(Agreed(a, a, b), Agreed(b, a, b));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")] // the identity
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")] // an odd, "negative" field element
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // the field's prime: 0 in another writing
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("00")]
    [InlineData("")]
    public void A_share_that_is_no_element_or_the_identity_ends_the_run(string hex)
    {
        using var a = Begin("secret", "here", 1);
        var share = Convert.FromHexString(hex);
        Assert.False(a.TryAgree(share, new(a.Share, default), new(share, default), new byte[CPace.KeyBytes]));
    }

    // Known answer of our own, so that a machine without the draft's file notices a change too.
    [Fact]
    public void Known_answer_is_kept()
    {
        using var a = Begin("secret", "here", 1);
        using var b = Begin("secret", "here", 2);
        Assert.StartsWith("8ac8af7f5547175da3ba8d86893d2b4da4ef3f9d468e245de4", Convert.ToHexStringLower(Agreed(a, a, b)));
    }

    private static CPace Begin(string password, string place, byte fill) => CPace.Begin(
        System.Text.Encoding.ASCII.GetBytes(password), System.Text.Encoding.ASCII.GetBytes(place), new byte[16], [.. Enumerable.Repeat(fill, CPace.WideScalarBytes)]);

    private static byte[] Agreed(CPace mine, CPace a, CPace b)
    {
        var key = new byte[CPace.KeyBytes];
        Assert.True(mine.TryAgree(ReferenceEquals(mine, a) ? b.Share : a.Share, new(a.Share, "a"u8), new(b.Share, "b"u8), key));
        return key;
    }

    private static byte[] Tag(CPace side, byte[] key, CPace said)
    {
        var tag = new byte[CPace.KeyBytes];
        side.Confirm(key, new(said.Share, "said"u8), tag);
        return tag;
    }

    private static CPace Side(JsonElement v, string scalar) => CPace.WithScalar(Vectors.Hex(v, scalar), Vectors.Hex(v, "PRS"), Vectors.Hex(v, "CI"), Vectors.Hex(v, "sid"));

    private static byte[] Agree(CPace a, CPace b, JsonElement v, bool fromA)
    {
        var key = new byte[CPace.KeyBytes];
        var (mine, peer) = fromA ? (a, b) : (b, a);
        Assert.True(mine.TryAgree(peer.Share, new(a.Share, Vectors.Hex(v, "ADa")), new(b.Share, Vectors.Hex(v, "ADb")), key));
        return key;
    }
}
