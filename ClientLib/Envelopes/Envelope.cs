using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Client.Envelopes;

/// <summary>The sealed blob: version (u8), key epoch (u32), nonce (24), sealed text and tag (16). docs/PROTOCOL.md, Envelope.</summary>
/// <remarks>Text: header version (u8), device id (32), sequence (u64), hash of the device's previous envelope (32), sent at (u64, Unix ms), label length (u16), payload length (u32), label, payload, zeros (PADMÉ). Integers big-endian.</remarks>
internal static class Envelope
{
    public const byte Version = 1;

    /// <summary>Bytes of a label, UTF-8.</summary>
    public const int LabelBytesMax = 1024;

    /// <summary>Bytes of SHA-256.</summary>
    public const int HashSize = 32;

    internal const int PrefixSize = 1 + 4 + XChaCha20.NonceSize;
    private const int HeaderSize = 1 + 32 + 8 + HashSize + 8 + 2 + 4;
    private const byte HeaderVersion = 1;

    internal const int AssociatedSize = 17 + 32 + 32 + 16 + 4 + 1;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The size of an envelope, bytes.</summary>
    public static int SizeOf(int labelBytes, int payloadBytes) => PrefixSize + Padme.PaddedLength(HeaderSize + labelBytes + payloadBytes) + XChaCha20.TagSize;

    /// <summary>Seals a blob.</summary>
    public static byte[] Seal(KeyRing keys, GroupId group, BlobId id, EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        Span<byte> nonce = stackalloc byte[XChaCha20.NonceSize];
        Nonces.Next(nonce);
        return Seal(keys, group, id, header, payload, nonce);
    }

    internal static byte[] Seal(KeyRing keys, GroupId group, BlobId id, EnvelopeHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> nonce)
    {
        var labelBytes = header.Label is null ? 0 : Utf8.GetByteCount(header.Label);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(labelBytes, LabelBytesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, WireLimits.PayloadBytesMax);
        var envelope = GC.AllocateUninitializedArray<byte>(SizeOf(labelBytes, payload.Length));
        Seal(keys, group, id, header, payload, nonce, envelope);
        return envelope;
    }

    /// <summary>Seals a blob into a buffer of <see cref="SizeOf"/> bytes. The text is written where its ciphertext goes, and sealed in place: there is no second copy of it.</summary>
    internal static void Seal(KeyRing keys, GroupId group, BlobId id, EnvelopeHeader header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> nonce, Span<byte> envelope)
    {
        var text = envelope[PrefixSize..^XChaCha20.TagSize];
        try
        {
            envelope[0] = Version;
            BinaryPrimitives.WriteUInt32BigEndian(envelope[1..], keys.Epoch);
            nonce.CopyTo(envelope[5..]);
            WriteText(text, header, payload);
            Span<byte> associated = stackalloc byte[AssociatedSize];
            WriteAssociated(associated, group, header.Sender, id, keys.Epoch, Version);
            XChaCha20.Seal(keys.Blob, nonce, associated, text, envelope[PrefixSize..]);
        }
        catch
        {
            CryptographicOperations.ZeroMemory(text);
            throw;
        }
    }

    /// <summary>Opens a blob. Never throws for bad bytes.</summary>
    /// <returns>None if it opened; otherwise why not, and <paramref name="blob"/> is empty.</returns>
    public static UndecryptableReason TryOpen(KeyRing keys, GroupId group, DeviceId sender, BlobId id, ReadOnlySpan<byte> envelope, out OpenedBlob blob) =>
        TryOpen(keys, group, sender, id, envelope, GC.AllocateUninitializedArray<byte>(TextSize(envelope.Length)), out blob);

    /// <summary>Bytes that opening an envelope needs.</summary>
    internal static int TextSize(int envelopeBytes) => Math.Max(0, envelopeBytes - PrefixSize - XChaCha20.TagSize);

    /// <summary>Opens a blob into a buffer of <see cref="TextSize"/> bytes, which it then lies in.</summary>
    internal static UndecryptableReason TryOpen(KeyRing keys, GroupId group, DeviceId sender, BlobId id, ReadOnlySpan<byte> envelope, byte[] text, out OpenedBlob blob)
    {
        blob = default;
        if (envelope.Length < PrefixSize + HeaderSize + XChaCha20.TagSize) return envelope.IsEmpty || envelope[0] == Version ? UndecryptableReason.WrongKeyOrTampered : UndecryptableReason.UnknownVersion;
        if (envelope[0] != Version) return UndecryptableReason.UnknownVersion;
        var epoch = BinaryPrimitives.ReadUInt32BigEndian(envelope[1..]);
        if (epoch != keys.Epoch) return UndecryptableReason.UnknownKeyEpoch;

        Span<byte> associated = stackalloc byte[AssociatedSize];
        WriteAssociated(associated, group, sender, id, epoch, Version);
        if (!XChaCha20.TryOpen(keys.Blob, envelope.Slice(5, XChaCha20.NonceSize), associated, envelope[PrefixSize..], text)) return UndecryptableReason.WrongKeyOrTampered;
        return ReadText(text, sender, out blob) ? UndecryptableReason.None : UndecryptableReason.Malformed;
    }

    /// <summary>What the next envelope of the device names as its predecessor.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> envelope) => SHA256.HashData(envelope);

    private static void WriteText(Span<byte> text, EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        text[0] = HeaderVersion;
        header.Sender.CopyTo(text[1..]);
        BinaryPrimitives.WriteUInt64BigEndian(text[33..], header.Sequence);
        header.Previous.Span.CopyTo(text.Slice(41, HashSize));
        BinaryPrimitives.WriteUInt64BigEndian(text[73..], header.SentAtMs);
        var labelBytes = header.Label is null ? 0 : Utf8.GetBytes(header.Label, text[HeaderSize..]);
        BinaryPrimitives.WriteUInt16BigEndian(text[81..], (ushort)labelBytes);
        BinaryPrimitives.WriteUInt32BigEndian(text[83..], (uint)payload.Length);
        payload.CopyTo(text[(HeaderSize + labelBytes)..]);
        text[(HeaderSize + labelBytes + payload.Length)..].Clear();
    }

    private static bool ReadText(byte[] bytes, DeviceId sender, out OpenedBlob blob)
    {
        blob = default;
        ReadOnlySpan<byte> text = bytes;
        int labelLength = BinaryPrimitives.ReadUInt16BigEndian(text[81..]);
        var payloadLength = BinaryPrimitives.ReadUInt32BigEndian(text[83..]);
        if (text[0] != HeaderVersion || labelLength > LabelBytesMax || payloadLength > WireLimits.PayloadBytesMax) return false;
        var used = HeaderSize + labelLength + (int)payloadLength;
        if (Padme.PaddedLength(used) != text.Length || text[used..].ContainsAnyExcept((byte)0)) return false;
        var sequence = BinaryPrimitives.ReadUInt64BigEndian(text[33..]);
        var sentAtMs = BinaryPrimitives.ReadUInt64BigEndian(text[73..]);
        if (new DeviceId(text.Slice(1, 32)) != sender || sequence is 0 or > WireLimits.NumberMax) return false;
        string? label = null;
        if (labelLength > 0 && !TryText(text.Slice(HeaderSize, labelLength), out label)) return false;
        blob = new OpenedBlob(new EnvelopeHeader(sender, sequence, bytes.AsMemory(41, HashSize), sentAtMs, label), bytes.AsMemory(HeaderSize + labelLength, (int)payloadLength));
        return true;
    }

    internal static bool TryText(ReadOnlySpan<byte> utf8, out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;
        return text is not null;
    }

    internal static void WriteAssociated(Span<byte> associated, GroupId group, DeviceId sender, BlobId id, uint epoch, byte version)
    {
        "0ksync/1 envelope"u8.CopyTo(associated);
        group.CopyTo(associated[17..]);
        sender.CopyTo(associated[49..]);
        id.CopyTo(associated[81..]);
        BinaryPrimitives.WriteUInt32BigEndian(associated[97..], epoch);
        associated[101] = version;
    }
}

/// <summary>What is sealed with a payload.</summary>
/// <param name="Sender">The device.</param>
/// <param name="Sequence">Its sequence, from 1.</param>
/// <param name="Previous">SHA-256 of its previous envelope; zeros for the first.</param>
/// <param name="SentAtMs">Its clock, Unix milliseconds; whatever that clock said.</param>
/// <param name="Label">The app's name for it; null for none.</param>
internal readonly record struct EnvelopeHeader(DeviceId Sender, ulong Sequence, ReadOnlyMemory<byte> Previous, ulong SentAtMs, string? Label)
{
    // The last millisecond of the year 9999, the end of DateTimeOffset.
    private const long TimeMsMax = 253_402_300_799_999;

    /// <summary>The sender's clock. One that says nonsense is no reason to refuse the blob: it is shown as the nearest time that there is.</summary>
    public DateTimeOffset SentAt => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(SentAtMs, TimeMsMax));

    /// <summary>A clock as it is sealed; one before 1970 counts as 1970.</summary>
    public static ulong MsOf(DateTimeOffset time) => (ulong)Math.Clamp(time.ToUnixTimeMilliseconds(), 0, TimeMsMax);

    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[header]";
}

/// <summary>An opened blob.</summary>
internal readonly record struct OpenedBlob(EnvelopeHeader Header, ReadOnlyMemory<byte> Payload);
