using System.Buffers;
using System.Text;
using MessagePack;

namespace ZeroK.Wire;

/// <summary>How single fields are written and read. Each length is checked before anything is allocated.</summary>
internal static class WireFields
{
    private const int SkipDepthMax = 4;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void WriteId(this ref MessagePackWriter writer, GroupId id)
    {
        writer.WriteBinHeader(GroupId.Size);
        id.CopyTo(writer.GetSpan(GroupId.Size));
        writer.Advance(GroupId.Size);
    }

    public static void WriteId(this ref MessagePackWriter writer, DeviceId id)
    {
        writer.WriteBinHeader(DeviceId.Size);
        id.CopyTo(writer.GetSpan(DeviceId.Size));
        writer.Advance(DeviceId.Size);
    }

    public static void WriteId(this ref MessagePackWriter writer, BlobId id)
    {
        writer.WriteBinHeader(BlobId.Size);
        id.CopyTo(writer.GetSpan(BlobId.Size));
        writer.Advance(BlobId.Size);
    }

    public static void WriteIds(this ref MessagePackWriter writer, IReadOnlyList<BlobId> ids)
    {
        CheckCount(ids.Count, 1, WireLimits.DeleteBlobsMax);
        writer.WriteArrayHeader(ids.Count);
        foreach (var id in ids) writer.WriteId(id);
    }

    public static void WriteBytes(this ref MessagePackWriter writer, ReadOnlyMemory<byte> bytes, int least, int most)
    {
        CheckCount(bytes.Length, least, most);
        writer.Write(bytes.Span);
    }

    public static void WriteText(this ref MessagePackWriter writer, string text, int bytesMax)
    {
        CheckCount(Encoding.UTF8.GetByteCount(text), 0, bytesMax);
        writer.Write(text);
    }

    public static void WriteList<T>(this ref MessagePackWriter writer, IReadOnlyList<T> parts, int least, int most) where T : IWirePart<T>
    {
        CheckCount(parts.Count, least, most);
        writer.WriteArrayHeader(parts.Count);
        foreach (var part in parts) part.Write(ref writer);
    }

    /// <summary>Reads an array's header; returns how many unknown fields follow the known ones.</summary>
    public static int ReadFields(this ref MessagePackReader reader, int known)
    {
        var count = reader.ReadArrayHeader();
        return count < known ? throw new WireFormatException($"it has {count} fields of {known}") : count - known;
    }

    /// <summary>Passes over fields that a later version added. They may be lists, but not deep ones: the library's own Skip goes as deep as the bytes say.</summary>
    public static void SkipFields(this ref MessagePackReader reader, int extra, int depth = 0)
    {
        for (; extra > 0; extra--)
        {
            switch (reader.NextMessagePackType)
            {
                case MessagePackType.Array when depth < SkipDepthMax:
                    reader.SkipFields(reader.ReadArrayHeader(), depth + 1);
                    break;
                case MessagePackType.Array or MessagePackType.Map:
                    throw new WireFormatException("an unknown field is a map or nested too deep");
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    public static Cursor ReadCursor(this ref MessagePackReader reader) => new(reader.ReadNumber());

    /// <summary>A cursor's or a sequence's value: nothing that a store could not hold comes in.</summary>
    public static ulong ReadNumber(this ref MessagePackReader reader)
    {
        var value = reader.ReadUInt64();
        return value <= WireLimits.NumberMax ? value : throw new WireFormatException($"a cursor or sequence is above {WireLimits.NumberMax}");
    }

    public static GroupId ReadGroupId(this ref MessagePackReader reader)
    {
        Span<byte> bytes = stackalloc byte[GroupId.Size];
        reader.ReadExactly(bytes);
        return new GroupId(bytes);
    }

    public static DeviceId ReadDeviceId(this ref MessagePackReader reader)
    {
        Span<byte> bytes = stackalloc byte[DeviceId.Size];
        reader.ReadExactly(bytes);
        return new DeviceId(bytes);
    }

    public static BlobId ReadBlobId(this ref MessagePackReader reader)
    {
        Span<byte> bytes = stackalloc byte[BlobId.Size];
        reader.ReadExactly(bytes);
        return new BlobId(bytes);
    }

    public static BlobId[] ReadBlobIds(this ref MessagePackReader reader)
    {
        var ids = new BlobId[reader.ReadCount(1, WireLimits.DeleteBlobsMax)];
        for (var i = 0; i < ids.Length; i++) ids[i] = reader.ReadBlobId();
        return ids;
    }

    public static byte[] ReadBytes(this ref MessagePackReader reader, int least, int most)
    {
        var bytes = reader.ReadBytes() ?? throw new WireFormatException("a field that must be bytes is nil");
        return bytes.Length >= least && bytes.Length <= most
            ? bytes.ToArray()
            : throw new WireFormatException($"a field has {bytes.Length} bytes; {least} to {most} are allowed");
    }

    /// <summary>As <see cref="ReadBytes"/>, in memory that the message's taker may give back to <see cref="LargeBuffers"/>.</summary>
    public static ReadOnlyMemory<byte> ReadLargeBytes(this ref MessagePackReader reader, int least, int most)
    {
        var bytes = reader.ReadBytes() ?? throw new WireFormatException("a field that must be bytes is nil");
        if (bytes.Length < least || bytes.Length > most) throw new WireFormatException($"a field has {bytes.Length} bytes; {least} to {most} are allowed");
        var memory = LargeBuffers.RentExactly((int)bytes.Length);
        bytes.CopyTo(memory.Span);
        return memory;
    }

    public static string ReadText(this ref MessagePackReader reader, int bytesMax)
    {
        var bytes = reader.ReadStringSequence() ?? throw new WireFormatException("a field that must be text is nil");
        if (bytes.Length > bytesMax) throw new WireFormatException($"a text has {bytes.Length} bytes; at most {bytesMax} are allowed");
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new WireFormatException("a text is not UTF-8");
        }
    }

    public static T ReadEnum<T>(this ref MessagePackReader reader) where T : struct, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), reader.ReadByte());
        return Enum.IsDefined(value) ? value : throw new WireFormatException($"a {typeof(T).Name} has an unknown value");
    }

    public static T[] ReadList<T>(this ref MessagePackReader reader, int least, int most) where T : IWirePart<T>
    {
        var parts = new T[reader.ReadCount(least, most)];
        for (var i = 0; i < parts.Length; i++) parts[i] = T.Read(ref reader);
        return parts;
    }

    private static void ReadExactly(this ref MessagePackReader reader, scoped Span<byte> destination)
    {
        var bytes = reader.ReadBytes() ?? throw new WireFormatException("an id is nil");
        if (bytes.Length != destination.Length) throw new WireFormatException($"an id has {bytes.Length} bytes of {destination.Length}");
        bytes.CopyTo(destination);
    }

    private static int ReadCount(this ref MessagePackReader reader, int least, int most)
    {
        var count = reader.ReadArrayHeader();
        return count >= least && count <= most
            ? count
            : throw new WireFormatException($"a list has {count} items; {least} to {most} are allowed");
    }

    private static void CheckCount(int count, int least, int most)
    {
        if (count < least || count > most)
            throw new ArgumentException($"A field has {count} bytes or items; the protocol allows {least} to {most}.");
    }
}

/// <summary>A body is not what its type says. Never leaves <see cref="WireCodec"/>.</summary>
internal sealed class WireFormatException(string problem) : Exception(problem);
