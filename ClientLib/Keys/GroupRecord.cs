using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Wire;

namespace ZeroK.Client.Keys;

/// <summary>The bytes of a group that files and invites carry: id, epoch, relays, and how to get the secret.</summary>
/// <remarks>
/// group id (32), key epoch (u32), kind (u8: bit 0 = the secret follows, bit 1 = salt and parameters follow), [from epoch 2 on: the epoch's admission public key (32)], [secret (32)], [salt (16), memory KiB (u32), passes (u32)],
/// relay count (u8, 1 to 8), then for each: host length (u8), host (ASCII), port (u16), fingerprint (32). Integers big-endian.
/// </remarks>
internal static class GroupRecord
{
    public const int RelaysMax = 8;

    private const int AdmissionKeySize = 32;

    /// <summary>More than any record can have.</summary>
    public const int BytesMax = 32 + 4 + 1 + AdmissionKeySize + 32 + 24 + 1 + (RelaysMax * (1 + 255 + 2 + 32));

    private const byte HasSecret = 1, HasSource = 2;

    /// <summary>Writes a record. The caller wipes it.</summary>
    public static int Write(Span<byte> destination, GroupContent content)
    {
        var (group, epoch, secret, source, relays) = content;
        var at = destination;
        group.CopyTo(at);
        BinaryPrimitives.WriteUInt32BigEndian(at[32..], epoch);
        at[36] = (byte)((secret is null ? 0 : HasSecret) | (source is null ? 0 : HasSource));
        at = at[37..];
        if (epoch > 1)
        {
            content.AdmissionKey.Span.CopyTo(at[..AdmissionKeySize]);
            at = at[AdmissionKeySize..];
        }

        if (secret is not null)
        {
            secret.Export(at[..GroupSecret.Size]);
            at = at[GroupSecret.Size..];
        }

        if (source is not null)
        {
            source.Salt.Span.CopyTo(at);
            BinaryPrimitives.WriteUInt32BigEndian(at[16..], source.Parameters.MemoryKiB);
            BinaryPrimitives.WriteUInt32BigEndian(at[20..], source.Parameters.Passes);
            at = at[24..];
        }

        at[0] = (byte)relays.Count;
        at = at[1..];
        foreach (var relay in relays)
        {
            var length = Encoding.ASCII.GetBytes(relay.Host, at[1..]);
            at[0] = (byte)length;
            at = at[(1 + length)..];
            BinaryPrimitives.WriteUInt16BigEndian(at, (ushort)relay.Port);
            relay.Fingerprint.Span.CopyTo(at[2..]);
            at = at[34..];
        }

        return destination.Length - at.Length;
    }

    /// <summary>Reads a record; false for anything else than what <see cref="Write"/> writes.</summary>
    /// <param name="bytes">The whole record.</param>
    /// <param name="content">What it says; the caller disposes of its secret.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out GroupContent content)
    {
        content = default;
        return TryMeasure(bytes, out var length) && length == bytes.Length && TryReadWhole(bytes, out content);
    }

    /// <summary>How long the record is that begins here; false if it can't be one, or is cut off.</summary>
    public static bool TryMeasure(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < 38) return false;
        var kind = bytes[36];
        var at = 37 + (BinaryPrimitives.ReadUInt32BigEndian(bytes[32..]) > 1 ? AdmissionKeySize : 0) + ((kind & HasSecret) != 0 ? GroupSecret.Size : 0) + ((kind & HasSource) != 0 ? 24 : 0);
        if (at >= bytes.Length || bytes[at] is 0 or > RelaysMax) return false;
        var left = bytes[at++];
        for (; left > 0 && at < bytes.Length; left--) at += 1 + bytes[at] + 34;
        length = at;
        return left == 0 && length <= bytes.Length;
    }

    private static bool TryReadWhole(ReadOnlySpan<byte> bytes, out GroupContent content)
    {
        content = default;
        var group = new GroupId(bytes[..32]);
        var epoch = BinaryPrimitives.ReadUInt32BigEndian(bytes[32..]);
        var kind = bytes[36];
        bytes = bytes[37..];
        if (epoch == 0 || kind is 0 or > (HasSecret | HasSource)) return false;

        ReadOnlySpan<byte> admissionKey = default;
        if (epoch > 1)
        {
            admissionKey = bytes[..AdmissionKeySize];
            bytes = bytes[AdmissionKeySize..];
        }

        ReadOnlySpan<byte> secretBytes = default;
        if ((kind & HasSecret) != 0)
        {
            secretBytes = bytes[..GroupSecret.Size];
            bytes = bytes[GroupSecret.Size..];
        }

        PassphraseSource? source = null;
        if ((kind & HasSource) != 0)
        {
            source = new PassphraseSource(bytes[..16].ToArray(), new Argon2idParameters(BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[20..])));
            bytes = bytes[24..];
            if (!source.Parameters.IsValid) return false;
        }

        if (!TryReadRelays(bytes, out var relays)) return false;
        content = new GroupContent(group, epoch, secretBytes.IsEmpty ? null : GroupSecret.Import(secretBytes, source), source, relays) { AdmissionKey = admissionKey.ToArray() };
        return true;
    }

    /// <summary>The checksum that tells a mistyped or cut record from a whole one: the first bytes of its SHA-256.</summary>
    public static void Checksum(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        hash[..destination.Length].CopyTo(destination);
    }

    private static bool TryReadRelays(ReadOnlySpan<byte> bytes, out RelayAddress[] relays)
    {
        relays = [];
        if (bytes.IsEmpty || bytes[0] is 0 or > RelaysMax) return false;
        var list = new RelayAddress[bytes[0]];
        bytes = bytes[1..];
        for (var i = 0; i < list.Length; i++)
        {
            if (bytes.IsEmpty || bytes.Length < 1 + bytes[0] + 34) return false;
            var host = Encoding.ASCII.GetString(bytes.Slice(1, bytes[0]));
            bytes = bytes[(1 + bytes[0])..];
            int port = BinaryPrimitives.ReadUInt16BigEndian(bytes);
            if (port == 0 || host.Length > RelayAddress.HostCharsMax || Uri.CheckHostName(host) == UriHostNameType.Unknown) return false;
            list[i] = new RelayAddress(host, port, bytes.Slice(2, 32));
            bytes = bytes[34..];
        }

        relays = list;
        return bytes.IsEmpty;
    }
}

/// <summary>What a <see cref="GroupRecord"/> says.</summary>
internal readonly record struct GroupContent(GroupId Group, uint Epoch, GroupSecret? Secret, PassphraseSource? Source, IReadOnlyList<RelayAddress> Relays)
{
    /// <summary>The public admission key of an epoch after the first, which shows whether a secret is the epoch's; empty for the first, which the group's id shows.</summary>
    public ReadOnlyMemory<byte> AdmissionKey { get; init; }
}
