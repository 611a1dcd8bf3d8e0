using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using ZeroK.Client.Keys;

namespace ZeroK.Client;

/// <summary>The 32 bytes that make someone a member: all keys of the group come from them. Held in locked memory; disposing wipes it.</summary>
public sealed class GroupSecret : IDisposable
{
    /// <summary>Bytes of a secret.</summary>
    public const int Size = 32;

    /// <summary>Bytes of the salt of a passphrase group.</summary>
    public const int SaltSize = 16;

    /// <summary>The shortest passphrase, characters.</summary>
    public const int PassphraseCharsMin = 8;

    /// <summary>The longest passphrase, characters.</summary>
    public const int PassphraseCharsMax = 1024;

    // Strict: half a surrogate pair is an error, not a question mark that another platform writes differently.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private GroupSecret(SharedSecret handle, PassphraseSource? source)
    {
        Handle = handle;
        Source = source;
    }

    /// <summary>Whether it came from a passphrase.</summary>
    public bool HasPassphrase => Source is not null;

    internal SharedSecret Handle { get; }

    internal PassphraseSource? Source { get; }

    /// <summary>A fresh random secret: only invites carry it.</summary>
    public static GroupSecret Random()
    {
        Span<byte> bytes = stackalloc byte[Size];
        try
        {
            RandomNumberGenerator.Fill(bytes);
            return Import(bytes, source: null);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>A secret from a passphrase and a fresh random salt, by Argon2id (RFC 9106). Takes some 0.1 s with the default parameters.</summary>
    /// <param name="passphrase">8 to 1,024 characters. Taken in one form (every blank as U+0020, then Unicode NFC), so that what looks the same gives the same secret on every platform.</param>
    /// <param name="parameters">The cost; null: <see cref="Argon2idParameters.Default"/>.</param>
    /// <remarks>Whoever has a link into the group can try passphrases on his own machines, as fast as they are: one that a person thought up may be found. <see cref="GeneratePassphrase"/> makes one that can't.</remarks>
    /// <exception cref="ArgumentException">The passphrase is too short or too long or no valid text, or the parameters are outside their limits.</exception>
    public static GroupSecret FromPassphrase(ReadOnlySpan<char> passphrase, Argon2idParameters? parameters = null)
    {
        var canonical = PassphraseForms.Canonical(passphrase);
        try
        {
            return Derive(canonical, new PassphraseSource(RandomNumberGenerator.GetBytes(SaltSize), parameters ?? Argon2idParameters.Default));
        }
        finally
        {
            PassphraseForms.Wipe(canonical);
        }
    }

    /// <summary>A fresh random passphrase of 100 bits, four groups like K7QF2: no guessing finds it. On joining, its case, its blanks and dashes, O for 0 and I or L for 1 don't matter. The caller wipes it.</summary>
    public static char[] GeneratePassphrase() => PassphraseForms.Generate();

    /// <summary>The same secret again, from a group's salt and parameters.</summary>
    internal static GroupSecret Derive(ReadOnlySpan<char> passphrase, PassphraseSource source)
    {
        if (passphrase.Length is < PassphraseCharsMin or > PassphraseCharsMax)
            throw new ArgumentException($"A passphrase has {PassphraseCharsMin} to {PassphraseCharsMax} characters; this one has {passphrase.Length}. Several random words make a good one.", nameof(passphrase));
        if (!source.Parameters.IsValid)
            throw new ArgumentException($"Argon2id takes {Argon2idParameters.MemoryKiBMin} to {Argon2idParameters.MemoryKiBMax} KiB and {Argon2idParameters.PassesMin} to {Argon2idParameters.PassesMax} passes.", nameof(source));

        var text = new byte[Utf8.GetMaxByteCount(passphrase.Length)];
        Span<byte> bytes = stackalloc byte[Size];
        try
        {
            var length = Utf8.GetBytes(passphrase, text);
            PassphraseKdf.Derive(text.AsSpan(0, length), source.Salt.Span, source.Parameters.MemoryKiB, source.Parameters.Passes, bytes);
            return Import(bytes, source);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    internal static GroupSecret Import(ReadOnlySpan<byte> bytes, PassphraseSource? source) =>
        new(SharedSecret.Import(bytes, SharedSecretBlobFormat.RawSharedSecret, new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }), source);

    /// <summary>Writes the 32 bytes. The caller wipes them.</summary>
    internal void Export(Span<byte> destination)
    {
        if (!Handle.TryExport(SharedSecretBlobFormat.RawSharedSecret, destination, out var written) || written != Size)
            throw new InvalidOperationException("The secret could not be exported.");
    }

    /// <summary>A constant: secrets are not shown.</summary>
    public override string ToString() => "[group secret]";

    /// <summary>Wipes it.</summary>
    public void Dispose() => Handle.Dispose();
}

/// <summary>What besides the passphrase a group's secret is derived from: public, the same for all devices.</summary>
internal sealed record PassphraseSource(ReadOnlyMemory<byte> Salt, Argon2idParameters Parameters);
