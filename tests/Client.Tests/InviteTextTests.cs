using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

/// <summary>Invites as mail and chats give them.</summary>
public sealed class InviteTextTests
{
    private static readonly RelayAddress Relay = new("relay.example", 4840, new byte[32]);

    // Ends and holds the characters that programs like to change: the seed gives hyphens, underscores, and two hyphens in a row.
    private static readonly string Link = LinkOf(7);

    public static TheoryData<string, Func<string, string>> Disguises() => new()
    {
        { "as it is", l => l },
        { "with blanks around it", l => $" \t{l}\r\n\r\n" },
        { "upper-case scheme", l => "ZEROK://Join/" + l[Invite.LinkPrefix.Length..] },
        { "wrapped at 76", l => Wrap(l, 76, "\n") },
        { "wrapped by CRLF at 5, in the prefix", l => Wrap(l, 5, "\r\n") },
        { "wrapped with an indent", l => Wrap(l, 60, "\n    ") },
        { "quoted-printable", l => Wrap(l, 75, "=\r\n") },
        { "quoted-printable with blanks behind the soft break", l => Wrap(l, 75, "= \t\r\n") },
        { "quoted-printable attribute", l => $"<a href=3D\"{l}\">Join</a>" },
        { "angle brackets", l => $"<{l}>" },
        { "brackets", l => $"({l})" },
        { "square and curly", l => $"[{{{l}}}]" },
        { "full stop", l => $"Join here: {l}." },
        { "comma and text", l => $"{l}, then tell me." },
        { "ellipsis", l => $"{l}…" },
        { "text right after it", l => $"{l}Thanks" },
        { "signature", l => $"Hi\n\n{l}\n-- \nSent from my phone" },
        { "straight quotes", l => $"\"{l}\"" },
        { "curly quotes", l => $"“{l}”" },
        { "single curly quotes", l => $"‘{l}’" },
        { "guillemets", l => $"«{l}»" },
        { "code ticks", l => $"`{l}`" },
        { "code fence", l => $"```\n{l}\n```" },
        { "bold", l => $"**{l}**" },
        { "italic underscores", l => $"_{l}_" },
        { "strike", l => $"~~{l}~~" },
        { "Markdown link", l => $"[join]({l})" },
        { "Markdown escapes", l => l.Replace("_", "\\_", StringComparison.Ordinal) },
        { "reply", l => Regex.Replace(Wrap(l, 70, "\n"), "^", "> ", RegexOptions.Multiline) },
        { "reply to a reply", l => Regex.Replace(Wrap(l, 70, "\r\n"), "^", ">> > ", RegexOptions.Multiline) },
        { "reply with bars", l => Regex.Replace(Wrap(l, 70, "\n"), "^", "| ", RegexOptions.Multiline) },
        { "HTML link", l => $"<p><a href=\"{l}\">{l}</a></p>" },
        { "HTML text", l => $"<b>{WebUtility.HtmlEncode(l)}</b><br>" },
        { "HTML breaks", l => Wrap(l, 40, "<wbr>") },
        { "HTML lines", l => Wrap(l, 40, "<br />\n") },
        { "HTML entities", l => l.Replace("/", "&#x2F;", StringComparison.Ordinal).Replace(":", "&#58;", StringComparison.Ordinal).Replace("_", "&lowbar;", StringComparison.Ordinal) },
        { "HTML soft hyphens", l => Wrap(l, 20, "&shy;") },
        { "zero-width spaces", l => Wrap(l, 10, "\u200b") },
        { "soft hyphens", l => Wrap(l, 10, "\u00ad") },
        { "byte order mark", l => "\ufeff" + l },
        { "direction marks", l => $"\u2066{l}\u2069" },
        { "no-break spaces", l => Wrap(l, 30, "\u00a0") },
        { "percent-encoded", l => "https://safe.example/?url=" + Uri.EscapeDataString(l) + "&data=05%7C01&sdata=abc%3D" },
        { "percent-encoded twice", l => "https://safe.example/?url=" + Uri.EscapeDataString(Uri.EscapeDataString(l)) },
        { "JSON", l => "{\"link\":\"" + l.Replace("/", "\\/", StringComparison.Ordinal) + "\\nbye\"}" },
        { "JSON wrapped", l => Wrap(l, 50, "\\n") },
        { "JSON escapes", l => "\"\\u003c" + l + "\\u003e\"" },
        { "em dash", l => l.Replace("--", "—", StringComparison.Ordinal) },
        { "en dash for two", l => l.Replace("--", "–", StringComparison.Ordinal) },
        { "en dash for one", l => l.Replace("-", "–", StringComparison.Ordinal) },
        { "no-break hyphens", l => l.Replace('-', '\u2011') },
        { "UTF-16 read as bytes", l => string.Concat(l.Select(c => $"{c}\0")) },
        { "twice", l => $"{l}\n{l}" },
        { "cut off, then whole", l => $"{l[..60]}…\n{l}" },
        { "without its prefix", l => l[Invite.LinkPrefix.Length..] },
    };

    [Theory]
    [MemberData(nameof(Disguises), DisableDiscoveryEnumeration = true)]
    public void A_whole_link_is_found_however_it_was_sent(string how, Func<string, string> disguise)
    {
        Assert.True(Invite.TryParse(disguise(Link), out var invite, out var problem), $"{how}: {problem}");
        using (invite) Assert.Equal(Link, invite.ToLink());
    }

    [Theory]
    [MemberData(nameof(Disguises), DisableDiscoveryEnumeration = true)]
    public void A_link_with_one_wrong_character_is_never_taken(string how, Func<string, string> disguise)
    {
        var at = Link.Length / 2;
        var wrong = Link[..at] + (Link[at] == 'Q' ? 'R' : 'Q') + Link[(at + 1)..];
        Assert.False(Invite.TryParse(disguise(wrong), out _, out var problem), how);
        Assert.DoesNotContain(wrong[(at - 5)..(at + 5)], problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_invite_says_so()
    {
        byte[] body = [2, .. new byte[60]];
        Span<byte> checksum = stackalloc byte[4];
        GroupRecord.Checksum(body, checksum);
        Assert.False(Invite.TryParse(Invite.LinkPrefix + System.Buffers.Text.Base64Url.EncodeToString([.. body, .. checksum]), out _, out var problem));
        Assert.Contains("version 2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Invites_into_two_groups_are_not_chosen_between()
    {
        Assert.False(Invite.TryParse($"{Link}\n{LinkOf(8)}", out _, out var problem));
        Assert.Contains("two different groups", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_too_long_is_refused_by_its_length()
    {
        Assert.False(Invite.TryParse(new string(' ', Invite.TextCharsMax + 1), out _, out var problem));
        Assert.Contains("too long", problem, StringComparison.Ordinal);
    }

    private static string Wrap(string text, int width, string with) => string.Join(with, text.Chunk(width).Select(c => new string(c)));

    private static string LinkOf(int seed)
    {
        var bytes = new byte[GroupSecret.Size];
        new Random(seed).NextBytes(bytes);

        // Two hyphens at the end of a quantum, and underscores.
        new byte[] { 0x01, 0x0F, 0xBE, 0xFF, 0xFF, 0xFF }.CopyTo(bytes, 10);
        using var secret = GroupSecret.Import(bytes, source: null);
        using var ring = new KeyRing(secret, epoch: 1);
        using var invite = new Invite(new GroupContent(ring.GroupOfFirstKey(), 1, GroupSecret.Import(bytes, source: null), null, [Relay]));
        var link = invite.ToLink();
        Assert.Contains("--", link, StringComparison.Ordinal);
        Assert.Contains("_", link, StringComparison.Ordinal);
        return link;
    }
}
