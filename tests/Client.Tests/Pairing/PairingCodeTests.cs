using CsCheck;
using Xunit;
using ZeroK.Client.Pairing;

namespace ZeroK.Client.Tests.Pairing;

/// <summary>What a person reads, says and types.</summary>
public sealed class PairingCodeTests
{
    [Fact]
    public void A_code_has_four_groups_of_four_and_is_read_back()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var code = PairingCode.Draw(new PairingRig.Seeded(seed));
            Assert.Matches("^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$", code.Text);
            Assert.True(PairingCode.TryParse(code.Text, out var read, out _));
            Assert.Equal(code.Text, read.Text);
        }
    }

    [Theory]
    [InlineData("0123-4567-89AB-CDEF")]
    [InlineData("0123 4567 89ab cdef")]
    [InlineData("o i 2 3 4 5 6 7 8 9 a b c d e f")]
    [InlineData("OL23–4567—89AB‑CDEF")]
    [InlineData("  0123456789abcdef\r\n")]
    public void It_may_be_typed_as_people_type(string typed)
    {
        Assert.True(PairingCode.TryParse(typed, out var code, out var problem), problem);
        Assert.Equal("0123-4567-89AB-CDEF", code.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123-4567-89AB-CDE")]
    [InlineData("0123-4567-89AB-CDEF0")]
    [InlineData("U123-4567-89AB-CDEF")]
    [InlineData("0123_4567_89AB_CDEF")]
    [InlineData("０123-4567-89AB-CDEF")]
    public void What_is_no_code_is_refused_with_words_and_without_the_code(string typed)
    {
        Assert.False(PairingCode.TryParse(typed, out _, out var problem));
        Assert.Contains("XXXX-XXXX-XXXX-XXXX", problem, StringComparison.Ordinal);
        if (typed.Length > 4) Assert.DoesNotContain(typed[..4], problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_half_names_the_mailbox_and_the_second_is_the_password()
    {
        Assert.True(PairingCode.TryParse("0123-4567-89AB-CDEF", out var code, out _));
        Assert.Equal("00443214c7", Convert.ToHexStringLower(code.Mailbox()));
        Assert.Equal("89ABCDEF"u8.ToArray(), code.Password());
        Assert.True(PairingCode.TryParse("ZZZZ-ZZZZ-0000-0000", out var last, out _));
        Assert.Equal("ffffffffff", Convert.ToHexStringLower(last.Mailbox()));
        Assert.DoesNotContain("ZZZZ", $"{last}", StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_read_or_refused() => Gen.String.Sample(text =>
    {
        if (PairingCode.TryParse(text, out var code, out var problem)) Assert.Equal(19, code.Text.Length);
        else Assert.NotEmpty(problem);
    });
}
