using System.Security.Cryptography;

namespace ZeroK.Client.Keys;

/// <summary>The forms of one passphrase: what looks the same on two keyboards is the same secret.</summary>
internal static class PassphraseForms
{
    /// <summary>Characters of a generated passphrase, without what is between its groups: 100 bits.</summary>
    public const int GeneratedSymbols = 20;

    private const int GroupSymbols = 5;
    private const string Crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>The form that a new group takes (RFC 8265, OpaqueString): other blanks are U+0020, then NFC. The caller wipes it.</summary>
    /// <exception cref="ArgumentException">It has half a surrogate pair.</exception>
    public static char[] Canonical(ReadOnlySpan<char> typed)
    {
        var mapped = typed.ToArray();
        try
        {
            foreach (ref var c in mapped.AsSpan())
                if (char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.SpaceSeparator) c = ' ';
            return UnicodeForms.Normalize(mapped, compose: true);
        }
        finally
        {
            Wipe(mapped);
        }
    }

    /// <summary>What a typed passphrase may have been when the group was made, the likeliest first, none twice: a generated one as it was made, the canonical form, NFC, NFD, as typed. The caller wipes them.</summary>
    /// <exception cref="ArgumentException">It has half a surrogate pair.</exception>
    public static List<char[]> ToTry(ReadOnlySpan<char> typed)
    {
        var forms = new List<char[]>();
        if (Generated(typed) is { } generated) forms.Add(generated);
        foreach (var form in (ReadOnlySpan<char[]>)[Canonical(typed), UnicodeForms.Normalize(typed, compose: true), UnicodeForms.Normalize(typed, compose: false), typed.ToArray()])
        {
            if (forms.Exists(known => known.AsSpan().SequenceEqual(form))) Wipe(form);
            else forms.Add(form);
        }

        return forms;
    }

    /// <summary>A fresh passphrase: four groups of five symbols of Crockford's alphabet. The caller wipes it.</summary>
    public static char[] Generate()
    {
        Span<byte> random = stackalloc byte[GeneratedSymbols];
        try
        {
            RandomNumberGenerator.Fill(random);
            var text = new char[GeneratedSymbols + (GeneratedSymbols / GroupSymbols) - 1];
            var at = 0;
            for (var i = 0; i < random.Length; i++)
            {
                if (i > 0 && i % GroupSymbols == 0) text[at++] = '-';
                text[at++] = Crockford[random[i] % Crockford.Length];
            }

            return text;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(random);
        }
    }

    public static void Wipe(char[] text) => CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan()));

    // As it was made, whatever its case, its blanks, and O for 0, I or L for 1; null if it can't be a generated one.
    private static char[]? Generated(ReadOnlySpan<char> typed)
    {
        var made = new char[GeneratedSymbols + (GeneratedSymbols / GroupSymbols) - 1];
        var (symbols, at) = (0, 0);
        foreach (var c in typed)
        {
            if (char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.DashPunctuation) continue;
            var symbol = char.ToUpperInvariant(c) switch { 'O' => '0', 'I' or 'L' => '1', var other => other };
            if (symbols == GeneratedSymbols || !Crockford.Contains(symbol))
            {
                Wipe(made);
                return null;
            }

            if (symbols > 0 && symbols % GroupSymbols == 0) made[at++] = '-';
            made[at++] = symbol;
            symbols++;
        }

        if (symbols == GeneratedSymbols) return made;
        Wipe(made);
        return null;
    }
}
