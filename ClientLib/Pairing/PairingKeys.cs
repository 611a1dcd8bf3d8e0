using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Client.Envelopes;
using SystemHkdf = System.Security.Cryptography.HKDF;

namespace ZeroK.Client.Pairing;

/// <summary>The keys of one pairing. Each seals or confirms one message and no other, so all nonces are zero. docs/PROTOCOL.md, Pairing.</summary>
internal sealed class PairingKeys : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 64;

    private readonly byte[] _bytes;

    private PairingKeys(byte[] bytes) => _bytes = bytes;

    private static ReadOnlySpan<byte> PasswordLabel => "0ksync/1 pairing password"u8;

    private static ReadOnlySpan<byte> HybridLabel => "0ksync/1 pairing hybrid"u8;

    /// <summary>From the password's key alone: 0 seals the KEM key, 1 its ciphertext.</summary>
    public static PairingKeys OfPassword(ReadOnlySpan<byte> isk) => Derive(isk, PasswordLabel, 2);

    /// <summary>From both secrets and all that was said: 0 and 1 confirm the inviter and the joiner, 2 seals the invite, 3 the answer.</summary>
    /// <remarks>The combiner is the concatenation KDF with the ciphertext bound: a break of one of the two gives nothing (Giacon, Heuer, Poettering, PKC 2018).</remarks>
    public static PairingKeys Hybrid(ReadOnlySpan<byte> isk, ReadOnlySpan<byte> shared, ReadOnlySpan<byte> transcript)
    {
        var secret = GC.AllocateUninitializedArray<byte>(isk.Length + shared.Length, pinned: true);
        try
        {
            isk.CopyTo(secret);
            shared.CopyTo(secret.AsSpan(isk.Length));
            return Derive(secret, [.. HybridLabel, .. transcript], 4);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Seals: ciphertext, then tag.</summary>
    public byte[] Seal(int key, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text)
    {
        using var imported = Import(key);
        var sealedText = new byte[text.Length + XChaCha20.TagSize];
        XChaCha20.Seal(imported, stackalloc byte[XChaCha20.NonceSize], associated, text, sealedText);
        return sealedText;
    }

    /// <summary>Opens; null if anything was changed. The caller wipes it.</summary>
    public byte[]? Open(int key, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText)
    {
        if (sealedText.Length < XChaCha20.TagSize) return null;
        using var imported = Import(key);
        var text = GC.AllocateUninitializedArray<byte>(sealedText.Length - XChaCha20.TagSize, pinned: true);
        return XChaCha20.TryOpen(imported, stackalloc byte[XChaCha20.NonceSize], associated, sealedText, text) ? text : null;
    }

    /// <summary>A side's confirmation: HMAC-SHA-512 over the transcript's hash.</summary>
    public byte[] Confirm(int key, ReadOnlySpan<byte> transcript) => HMACSHA512.HashData(_bytes.AsSpan(key * KeyBytes, KeyBytes), transcript);

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    private static PairingKeys Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> info, int count)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(count * KeyBytes, pinned: true);
        SystemHkdf.DeriveKey(HashAlgorithmName.SHA512, secret, bytes, salt: default, info);
        return new PairingKeys(bytes);
    }

    private Key Import(int key) => Key.Import(AeadAlgorithm.XChaCha20Poly1305, _bytes.AsSpan(key * KeyBytes, KeyBytes), KeyBlobFormat.RawSymmetricKey);
}
