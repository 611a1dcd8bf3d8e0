using System.Buffers.Binary;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Client.Keys;
using SystemChaCha = System.Security.Cryptography.ChaCha20Poly1305;

namespace ZeroK.Client.Content;

/// <summary>Seals and opens the segments of one content object: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015) over ChaCha20-Poly1305 (RFC 8439).</summary>
/// <remarks>
/// Nonce: zeros (3), segment index (u64, big-endian), 1 for the last segment and 0 before (u8). Associated data: "0ksync/1 segment" || content id (32) || length of the content (u64, big-endian).
/// A key seals one object only, as its content id is fresh: no nonce comes twice. Not for several threads at once.
/// </remarks>
internal sealed class SegmentCipher : IDisposable
{
    private const int NonceSize = 12, LabelSize = 16;

    private readonly byte[] _associated = new byte[LabelSize + ContentId.Size + 8];
    private readonly SystemChaCha? _system;
    private readonly Key? _portable;

    public SegmentCipher(KeyRing keys, ContentId id, SealedLayout layout)
    {
        Layout = layout;
        "0ksync/1 segment"u8.CopyTo(_associated);
        id.CopyTo(_associated.AsSpan(LabelSize));
        BinaryPrimitives.WriteInt64BigEndian(_associated.AsSpan(LabelSize + ContentId.Size), layout.Length);
        Span<byte> key = stackalloc byte[32];
        try
        {
            keys.DeriveContentKey(id, key);
            if (SystemChaCha.IsSupported) _system = new SystemChaCha(key);
            else _portable = Key.Import(AeadAlgorithm.ChaCha20Poly1305, key, KeyBlobFormat.RawSymmetricKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public SealedLayout Layout { get; }

    /// <summary>Seals a segment.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="text">Exactly the bytes that the layout gives it.</param>
    /// <param name="sealedText">Takes the ciphertext and the tag: 16 bytes more than the text.</param>
    public void Seal(long index, ReadOnlySpan<byte> text, Span<byte> sealedText)
    {
        if (text.Length != Layout.TextSizeOf(index)) throw new ArgumentException("The segment has another length.", nameof(text));
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(index, nonce);
        if (_system is not null) _system.Encrypt(nonce, text, sealedText[..text.Length], sealedText.Slice(text.Length, SealedLayout.TagSize), _associated);
        else AeadAlgorithm.ChaCha20Poly1305.Encrypt(_portable!, nonce, _associated, text, sealedText[..(text.Length + SealedLayout.TagSize)]);
    }

    /// <summary>Opens a segment. False and a cleared <paramref name="text"/> if it is not that segment of that object.</summary>
    public bool TryOpen(long index, ReadOnlySpan<byte> sealedText, Span<byte> text)
    {
        if (index < 0 || index >= Layout.SegmentCount || sealedText.Length != Layout.TextSizeOf(index) + SealedLayout.TagSize) return false;
        Span<byte> nonce = stackalloc byte[NonceSize];
        WriteNonce(index, nonce);
        text = text[..(sealedText.Length - SealedLayout.TagSize)];
        if (_system is null)
        {
            if (AeadAlgorithm.ChaCha20Poly1305.Decrypt(_portable!, nonce, _associated, sealedText, text)) return true;
            text.Clear();
            return false;
        }

        try
        {
            _system.Decrypt(nonce, sealedText[..text.Length], sealedText[text.Length..], text, _associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            text.Clear();
            return false;
        }
    }

    public void Dispose()
    {
        _system?.Dispose();
        _portable?.Dispose();
    }

    private void WriteNonce(long index, Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..], index);
        nonce[11] = index == Layout.SegmentCount - 1 ? (byte)1 : (byte)0;
    }
}
