using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Client.Pairing;

namespace ZeroK.Client;

/// <summary>A code by which one device lets another into its group: <c>XXXX-XXXX-XXXX-XXXX</c> in Crockford's base 32. The first half names the mailbox at the relay, the second is the password; each has 40 bits.</summary>
public sealed class PairingCode
{
    /// <summary>Symbols, without the dashes.</summary>
    public const int Symbols = 16;

    internal const int MailboxBytes = 5;
    private const int GroupSymbols = 4;
    private const string Crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private readonly string _symbols;

    private PairingCode(string symbols) => _symbols = symbols;

    /// <summary>The code, as a person reads and types it. A secret until it was used.</summary>
    public string Text => string.Join('-', Enumerable.Range(0, Symbols / GroupSymbols).Select(i => _symbols.Substring(i * GroupSymbols, GroupSymbols)));

    /// <summary>The mailbox's name at the relay, 5 bytes: the first half, most significant bit first.</summary>
    internal byte[] Mailbox()
    {
        ulong bits = 0;
        foreach (var c in _symbols.AsSpan(0, Symbols / 2)) bits = (bits << 5) | (uint)Crockford.IndexOf(c, StringComparison.Ordinal);
        var name = new byte[MailboxBytes];
        for (var i = MailboxBytes - 1; i >= 0; i--, bits >>= 8) name[i] = (byte)bits;
        return name;
    }

    /// <summary>The password: the second half's symbols in ASCII, 8 bytes.</summary>
    internal byte[] Password() => Encoding.ASCII.GetBytes(_symbols[(Symbols / 2)..]);

    /// <summary>A fresh one.</summary>
    internal static PairingCode Draw(PairingRandom random)
    {
        Span<byte> drawn = stackalloc byte[Symbols];
        Span<char> symbols = stackalloc char[Symbols];
        random.Fill(drawn);
        for (var i = 0; i < Symbols; i++) symbols[i] = Crockford[drawn[i] % Crockford.Length];
        CryptographicOperations.ZeroMemory(drawn);
        return new PairingCode(new string(symbols));
    }

    /// <summary>Reads what a person typed: case, blanks and dashes don't matter, O is 0, I and L are 1.</summary>
    /// <param name="typed">The code.</param>
    /// <param name="code">The code.</param>
    /// <param name="problem">What is wrong and what to do, for a person; never a part of the code.</param>
    public static bool TryParse(ReadOnlySpan<char> typed, [NotNullWhen(true)] out PairingCode? code, [NotNullWhen(false)] out string? problem)
    {
        (code, problem) = (null, null);
        Span<char> symbols = stackalloc char[Symbols];
        var count = 0;
        foreach (var c in typed)
        {
            if (char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) == UnicodeCategory.DashPunctuation || c == '\u2212') continue;
            var symbol = char.ToUpperInvariant(c) switch { 'O' => '0', 'I' or 'L' => '1', var other => other };
            if (!Crockford.Contains(symbol))
            {
                problem = $"A code has digits and letters (no U) only: XXXX-XXXX-XXXX-XXXX. The character in place {count + 1} is another.";
                return false;
            }

            if (count == Symbols)
            {
                problem = $"The code is too long: it has {Symbols} letters and digits, XXXX-XXXX-XXXX-XXXX.";
                return false;
            }

            symbols[count++] = symbol;
        }

        if (count < Symbols)
        {
            problem = $"The code is cut off: {count} of {Symbols} letters and digits, XXXX-XXXX-XXXX-XXXX.";
            return false;
        }

        code = new PairingCode(new string(symbols));
        return true;
    }

    /// <summary>A constant: a code is a key while it waits.</summary>
    public override string ToString() => "[pairing code]";
}
