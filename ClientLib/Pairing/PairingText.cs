using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Client.Pairing;

/// <summary>What is inside the two sealed messages: length of the name (u16), name (UTF-8), length of the record (u16), record, zeros up to a multiple of 256 bytes.</summary>
/// <remarks>The joiner's answer has an empty record.</remarks>
internal static class PairingText
{
    private const int Block = 256;
    private const int NameBytesMax = WireLimits.DeviceNameCharsMax * 4;

    /// <summary>The most that it can take.</summary>
    public const int BytesMax = (2 + NameBytesMax + 2 + GroupRecord.BytesMax + Block - 1) / Block * Block;

    /// <summary>Writes it. The caller wipes it.</summary>
    public static byte[] Write(string name, ReadOnlySpan<byte> record)
    {
        var nameBytes = Encoding.UTF8.GetByteCount(name);
        var text = GC.AllocateArray<byte>((2 + nameBytes + 2 + record.Length + Block - 1) / Block * Block, pinned: true);
        BinaryPrimitives.WriteUInt16BigEndian(text, (ushort)nameBytes);
        Encoding.UTF8.GetBytes(name, text.AsSpan(2));
        BinaryPrimitives.WriteUInt16BigEndian(text.AsSpan(2 + nameBytes), (ushort)record.Length);
        record.CopyTo(text.AsSpan(4 + nameBytes));
        return text;
    }

    /// <summary>Reads it; false for anything that <see cref="Write"/> doesn't write.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out string name, out ReadOnlySpan<byte> record)
    {
        name = "";
        record = default;
        if (text.Length is 0 or > BytesMax || text.Length % Block != 0) return false;
        int nameBytes = BinaryPrimitives.ReadUInt16BigEndian(text);
        if (nameBytes is 0 or > NameBytesMax || text.Length < 4 + nameBytes) return false;
        if (!Envelope.TryText(text.Slice(2, nameBytes), out var read) || read is null || read.Length > WireLimits.DeviceNameCharsMax) return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(text[(2 + nameBytes)..]);
        var rest = text[(4 + nameBytes)..];
        if (length > rest.Length || rest.Length - length >= Block || rest[length..].ContainsAnyExcept((byte)0)) return false;
        name = read;
        record = rest[..length];
        return true;
    }

    /// <summary>A group's record, with its secret whatever the secret was derived from. The caller wipes it.</summary>
    public static byte[] RecordOf(GroupContent content)
    {
        var buffer = GC.AllocateArray<byte>(GroupRecord.BytesMax, pinned: true);
        try
        {
            var length = GroupRecord.Write(buffer, content);
            var record = GC.AllocateUninitializedArray<byte>(length, pinned: true);
            buffer.AsSpan(0, length).CopyTo(record);
            return record;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
