using System.Security.Cryptography;
using NSec.Cryptography;
using SystemChaCha = System.Security.Cryptography.ChaCha20Poly1305;

namespace ZeroK.Client.Envelopes;

/// <summary>XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03). Small texts by NSec; from <see cref="LargeBytes"/> on HChaCha20 and the system's ChaCha20-Poly1305, which is faster there. Both give the same bytes.</summary>
internal static class XChaCha20
{
    public const int NonceSize = 24, TagSize = 16;

    /// <summary>Texts of so many bytes are large.</summary>
    public const int LargeBytes = 16 * 1024;

    private static readonly AeadAlgorithm Small = AeadAlgorithm.XChaCha20Poly1305;

    /// <summary>Seals into <paramref name="sealedText"/>: the ciphertext, then the tag.</summary>
    public static void Seal(Key key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, Span<byte> sealedText)
    {
        if (IsLarge(text.Length)) SealLarge(key, nonce, associated, text, sealedText);
        else Small.Encrypt(key, nonce, associated, text, sealedText);
    }

    /// <summary>Opens; false and a cleared <paramref name="text"/> if anything was changed.</summary>
    public static bool TryOpen(Key key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> text)
    {
        if (sealedText.Length < TagSize) return false;
        var opened = IsLarge(text.Length) ? TryOpenLarge(key, nonce, associated, sealedText, text) : Small.Decrypt(key, nonce, associated, sealedText, text);
        if (!opened) text.Clear();
        return opened;
    }

    internal static void SealLarge(Key key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, Span<byte> sealedText)
    {
        Span<byte> inner = stackalloc byte[12];
        using var cipher = Subkeyed(key, nonce, inner);
        cipher.Encrypt(inner, text, sealedText[..text.Length], sealedText.Slice(text.Length, TagSize), associated);
    }

    internal static bool TryOpenLarge(Key key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> text)
    {
        Span<byte> inner = stackalloc byte[12];
        using var cipher = Subkeyed(key, nonce, inner);
        try
        {
            cipher.Decrypt(inner, sealedText[..^TagSize], sealedText[^TagSize..], text, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static bool IsLarge(int length) => length >= LargeBytes && SystemChaCha.IsSupported;

    private static SystemChaCha Subkeyed(Key key, ReadOnlySpan<byte> nonce, Span<byte> inner)
    {
        Span<byte> raw = stackalloc byte[32];
        Span<byte> subkey = stackalloc byte[32];
        try
        {
            if (!key.TryExport(KeyBlobFormat.RawSymmetricKey, raw, out _)) throw new InvalidOperationException("The key could not be exported.");
            HChaCha20.Derive(raw, nonce[..HChaCha20.NonceSize], subkey);
            inner[..4].Clear();
            nonce[HChaCha20.NonceSize..].CopyTo(inner[4..]);
            return new SystemChaCha(subkey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
            CryptographicOperations.ZeroMemory(subkey);
        }
    }
}
