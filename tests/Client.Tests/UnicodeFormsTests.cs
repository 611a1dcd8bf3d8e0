using System.Security.Cryptography;
using System.Text;
using Xunit;
using ZeroK.Client.Keys;

namespace ZeroK.Client.Tests;

public sealed class UnicodeFormsTests
{
    // Marks that Unicode 15 added: what the digests were made with (Python's unicodedata 14) doesn't know them.
    private static readonly int[] Later = [0xECE, 0x10EFD, 0x10EFE, 0x10EFF, 0x11F41, 0x11F42, 0x1E08F, 0x1E4EC, 0x1E4ED, 0x1E4EE, 0x1E4EF];

    [Theory]
    [InlineData(true, "cee5cea7b82d82415db58a6e0ff075d3e7116bf836eb0fbf206ef9803857840b")]
    [InlineData(false, "f61a4de931b6319a5ad5bf9a67e64579241768b5b280b6e7b012aa71e0cad7d1")]
    public void Every_character_with_marks_and_jamo_has_the_form_that_Unicode_gives_it(bool compose, string digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var point = 0; point <= 0x10FFFF; point++)
        {
            if (!Rune.IsValid(point) || Array.IndexOf(Later, point) >= 0) continue;
            var c = new Rune(point).ToString();
            hash.AppendData(Encoding.UTF8.GetBytes(UnicodeForms.Normalize(c + "\u0301\u0323\u0345" + c + "\u1161\u11a8" + c + "\u0300", compose)));
        }

        Assert.Equal(digest, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Theory]
    [InlineData("Cafe\u0301", "Caf\u00e9", "Cafe\u0301")]
    [InlineData("\u212b", "\u00c5", "A\u030a")]
    [InlineData("\uac01", "\uac01", "\u1100\u1161\u11a8")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307")]
    [InlineData("\u0301", "\u0301", "\u0301")]
    [InlineData("", "", "")]
    public void Forms_are_those_of_the_standard(string text, string composed, string decomposed)
    {
        Assert.Equal(composed, new string(UnicodeForms.Normalize(text, compose: true)));
        Assert.Equal(decomposed, new string(UnicodeForms.Normalize(text, compose: false)));
    }

    [Fact]
    public void Half_a_character_is_refused() => Assert.Contains("surrogate", Assert.Throws<ArgumentException>(() => UnicodeForms.Normalize("ab\ud800", compose: true)).Message, StringComparison.Ordinal);
}
