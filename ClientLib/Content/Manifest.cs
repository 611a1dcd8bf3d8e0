using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace ZeroK.Client.Content;

/// <summary>The content of a collection: its members' references, in the app's order.</summary>
/// <remarks>"0ksync/1 manifest" (17), version (u8, 1), number of members (u32), for each the length (u16) and the body of its reference. Integers big-endian. Sealed and addressed like any content.</remarks>
internal static class Manifest
{
    /// <summary>Members of a collection.</summary>
    public const int MembersMax = 10_000;

    /// <summary>Bytes of a manifest: what a reader takes into memory.</summary>
    public const int BytesMax = 8 * 1024 * 1024;

    private const byte Version = 1;

    private const string NamesNeeded = "Each member of a collection needs a name of its own.";

    private static ReadOnlySpan<byte> Magic => "0ksync/1 manifest"u8;

    /// <exception cref="ArgumentException">There are too many members, or two have the same name.</exception>
    public static byte[] Write(IReadOnlyList<ContentReference> members)
    {
        var size = Magic.Length + 1 + 4 + members.Sum(m => 2L + ContentReference.BodySize(m));
        if (members.Count > MembersMax || size > BytesMax) throw new ArgumentException($"A collection has at most {MembersMax} members and {BytesMax} bytes of names; put it as several.");
        if (!HaveNames(members.Select(m => m.Name))) throw new ArgumentException(NamesNeeded);
        var bytes = new byte[size];
        Magic.CopyTo(bytes);
        bytes[Magic.Length] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(Magic.Length + 1), (uint)members.Count);
        var to = bytes.AsSpan(Magic.Length + 5);
        foreach (var member in members)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)ContentReference.BodySize(member));
            to = member.WriteBody(to[2..]);
        }

        return bytes;
    }

    /// <summary>Reads a manifest that was verified and opened; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out IReadOnlyList<ContentReference>? members)
    {
        members = null;
        if (bytes.Length < Magic.Length + 5 || !bytes.StartsWith(Magic) || bytes[Magic.Length] != Version) return false;
        var count = BinaryPrimitives.ReadUInt32BigEndian(bytes[(Magic.Length + 1)..]);
        var from = bytes[(Magic.Length + 5)..];
        if (count > MembersMax || count > from.Length / 2) return false;
        var list = new List<ContentReference>((int)count);
        for (var i = 0; i < count; i++)
        {
            if (from.Length < 2) return false;
            int size = BinaryPrimitives.ReadUInt16BigEndian(from);
            if (from.Length < 2 + size || !ContentReference.TryReadBody(from.Slice(2, size), mayHavePreview: true, out var member, out var left) || !left.IsEmpty) return false;
            list.Add(member);
            from = from[(2 + size)..];
        }

        if (!from.IsEmpty || !HaveNames(list.Select(m => m.Name))) return false;
        members = list;
        return true;
    }

    /// <summary>What a collection can't be, found before anything is sealed.</summary>
    /// <exception cref="ArgumentException">There are too many members, or two have the same name.</exception>
    public static void Check(IReadOnlyList<ContentMember> members)
    {
        if (members.Count > MembersMax) throw new ArgumentException($"A collection has at most {MembersMax} members; put it as several.");
        if (!HaveNames(members.Select(m => m.Options.Name))) throw new ArgumentException(NamesNeeded);
    }

    private static bool HaveNames(IEnumerable<string?> names)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        return names.All(n => n is not null && known.Add(n));
    }
}
