using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;

namespace ZeroK.Client.Keys;

/// <summary>Finds an invite in what mail and chats make of it. Its checksum says whether it is whole, and it says itself how long it is: so everything that can't be a part of it is passed over.</summary>
internal static class InviteText
{
    // An em dash is two characters of a link.
    private const int GrowthMax = 2;
    private const int EntityCharsMax = 10;
    private const int LinksMax = 64;

    // What "smart" punctuation makes of two hyphens differs by program.
    private static readonly (string Em, string En)[] Dashes = [("--", "-"), ("--", "--"), ("---", "--"), ("-", "-")];

    // Tags that break a long line; any other tag may hold the link itself.
    private static readonly string[] Breaks = ["br", "wbr", "span", "p", "div", "font", "b", "i", "u", "em", "strong", "code", "pre", "tt", "td", "tr"];

    /// <summary>The one invite in a text.</summary>
    public static (Invite? Invite, string? Problem) Find(ReadOnlySpan<char> text)
    {
        var clean = new char[(text.Length * GrowthMax) + Dashes.Length];
        try
        {
            var (found, problem) = (default(Invite), default(string));
            var hasDash = text.IndexOfAny('—', '–') >= 0 || text.Contains('&');
            foreach (var dash in Dashes)
            {
                (found, problem) = FindIn(clean.AsSpan(0, Clean(text, clean, dash)), text);
                if (found is not null || !hasDash) break;
            }

            return (found, problem);
        }
        finally
        {
            PassphraseForms.Wipe(clean);
        }
    }

    private static (Invite?, string?) FindIn(ReadOnlySpan<char> clean, ReadOnlySpan<char> text)
    {
        var (found, problem) = (default(Invite), default(string));
        var left = LinksMax;
        for (var rest = clean; left-- > 0 && rest.IndexOf(Invite.LinkPrefix, StringComparison.OrdinalIgnoreCase) is var at and >= 0;)
        {
            rest = rest[(at + Invite.LinkPrefix.Length)..];
            var (invite, why) = Decode(rest);
            problem ??= why;
            if (invite is null) continue;
            if (found is not null && found.Content.Group != invite.Content.Group)
            {
                found.Dispose();
                invite.Dispose();
                return (null, "There are invites into two different groups in this text. Give the one that you mean.");
            }

            if (found is null) found = invite;
            else invite.Dispose();
        }

        if (found is not null) return (found, null);
        if (problem is not null) return (null, problem);
        if (text.Trim().StartsWith(RelayAddress.Prefix, StringComparison.OrdinalIgnoreCase)) return (null, "This is a relay's address, not an invite. An invite begins with " + Invite.LinkPrefix + ".");

        // Somebody copied what comes after the prefix.
        return !clean.ContainsAny(':', '/') && Decode(clean).Item1 is { } bare ? (bare, null) : (null, "An invite begins with " + Invite.LinkPrefix + ". A device of the group makes one.");
    }

    private static (Invite?, string?) Decode(ReadOnlySpan<char> text)
    {
        var chars = new char[Invite.LinkCharsMax];
        var bytes = new byte[Invite.LinkCharsMax];
        try
        {
            var count = 0;
            foreach (var c in text)
            {
                if (c is ':' or '/') continue;
                if (count == chars.Length) break;
                chars[count++] = c;
            }

            var whole = count * 3 / 4;
            return Base64Url.TryDecodeFromChars(Padded(chars, count), bytes, out _) ? Invite.Read(bytes.AsSpan(0, whole)) : Invite.Read([]);
        }
        finally
        {
            PassphraseForms.Wipe(chars);
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    // What follows a link may leave a last quantum with bits that no encoder sets, or too short for a byte: a whole one decodes whatever it is.
    private static ReadOnlySpan<char> Padded(char[] chars, int count)
    {
        while (count % 4 != 0) chars[count++] = 'A';
        return chars.AsSpan(0, count);
    }

    // Leaves base64url, ':' and '/'. One pass over what the encodings of mail, chats, HTML, JSON and other links' parameters do to a link.
    private static int Clean(ReadOnlySpan<char> text, Span<char> clean, (string Em, string En) dash)
    {
        var count = 0;
        for (var i = 0; i < text.Length;)
        {
            var (c, used) = Next(text[i..]);
            i += used;
            var kept = c switch
            {
                '—' => dash.Em,
                '–' => dash.En,
                '\u2010' or '\u2011' or '\u2012' or '\u2212' or '\uFE63' or '\uFF0D' => "-",
                _ => null,
            };
            if (kept is not null)
            {
                kept.CopyTo(clean[count..]);
                count += kept.Length;
            }
            else if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or ':' or '/')
            {
                clean[count++] = c;
            }
        }

        return count;
    }

    // The next character and how much of the text says it; '\0' for what says none.
    private static (char, int) Next(ReadOnlySpan<char> text) => text[0] switch
    {
        '=' => QuotedPrintable(text),
        '%' => Percent(text),
        '&' => Entity(text),
        '<' => Tag(text),
        '\\' => Escaped(text),
        var c => (c, 1),
    };

    private static (char, int) QuotedPrintable(ReadOnlySpan<char> text) => IsHex(text, 1) ? (HexAt(text, 1, 2), 3) : ('\0', 1);

    private static (char, int) Percent(ReadOnlySpan<char> text)
    {
        // A link inside a link inside a link: its percent signs are encoded again.
        var at = 1;
        while (text[at..].StartsWith("25")) at += 2;
        return IsHex(text, at) ? (HexAt(text, at, 2), at + 2) : ('\0', 1);
    }

    private static (char, int) Entity(ReadOnlySpan<char> text)
    {
        var end = text[..Math.Min(text.Length, EntityCharsMax)].IndexOf(';');
        if (end < 0) return ('\0', 1);
        var name = text[1..end];
        var c = name switch
        {
            ['#', 'x' or 'X', .. var hex] when ushort.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) => (char)code,
            ['#', .. var number] when ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var code) => (char)code,
            "colon" => ':',
            "sol" => '/',
            "lowbar" => '_',
            "hyphen" or "dash" => '-',
            "mdash" => '—',
            "ndash" => '–',
            _ => '\0',
        };
        return (c, end + 1);
    }

    private static (char, int) Tag(ReadOnlySpan<char> text)
    {
        var name = text[1..].TrimStart('/');
        var length = 0;
        while (length < name.Length && char.IsAsciiLetter(name[length])) length++;
        if (length == 0 || length == name.Length || name[length] is not ('>' or '/' or ' ' or '\r' or '\n' or '\t')) return ('\0', 1);
        foreach (var known in Breaks)
            if (name[..length].Equals(known, StringComparison.OrdinalIgnoreCase) && text.IndexOf('>') is var end and > 0) return ('\0', end + 1);
        return ('\0', 1);
    }

    // JSON's escapes, and the backslash that Markdown puts before an underscore.
    private static (char, int) Escaped(ReadOnlySpan<char> text)
    {
        if (text.Length < 2) return ('\0', 1);
        if (text[1] == 'u' && text.Length >= 6 && ushort.TryParse(text[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) return ((char)code, 6);
        return text[1] is 'n' or 'r' or 't' ? ('\0', 2) : ('\0', 1);
    }

    private static bool IsHex(ReadOnlySpan<char> text, int at) => text.Length >= at + 2 && char.IsAsciiHexDigit(text[at]) && char.IsAsciiHexDigit(text[at + 1]);

    private static char HexAt(ReadOnlySpan<char> text, int at, int digits) => (char)ushort.Parse(text.Slice(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
