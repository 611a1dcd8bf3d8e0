using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using ZeroK.Client.Keys;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>An invitation into a group, as a link: <c>zerok://join/…</c>. Holds the group's secret, or for a passphrase group its salt and Argon2id parameters.</summary>
public sealed class Invite : IDisposable
{
    /// <summary>What every link begins with.</summary>
    public const string LinkPrefix = "zerok://join/";

    /// <summary>The longest link, characters.</summary>
    public const int LinkCharsMax = 4096;

    private const byte Version = 1;
    private const int ChecksumSize = 4;

    internal Invite(GroupContent content) => Content = content;

    /// <summary>The group.</summary>
    public GroupId Group => Content.Group;

    /// <summary>The group's relays, the first preferred.</summary>
    public IReadOnlyList<RelayAddress> Relays => Content.Relays;

    /// <summary>Whether who joins must know the group's passphrase. If not, the link alone is enough: treat it as a key.</summary>
    public bool NeedsPassphrase => Content.Secret is null;

    internal GroupContent Content { get; }

    /// <summary>The longest text that <see cref="TryParse(string, out Invite, out string)"/> looks through, characters: a whole mail with a link in it.</summary>
    public const int TextCharsMax = 256 * 1024;

    /// <summary>The link. Secret unless <see cref="NeedsPassphrase"/>: a string can't be wiped, so use <see cref="WriteLink"/> where that matters.</summary>
    public string ToLink()
    {
        var link = new char[LinkCharsMax];
        try
        {
            return new string(link, 0, WriteLink(link));
        }
        finally
        {
            PassphraseForms.Wipe(link);
        }
    }

    /// <summary>Writes the link into memory that the caller can wipe.</summary>
    /// <param name="destination">Takes it; <see cref="LinkCharsMax"/> characters are always enough.</param>
    /// <returns>How many characters it has.</returns>
    /// <remarks>base64url of: version (u8, 1), the group's record, the first 4 bytes of SHA-256 of all before.</remarks>
    public int WriteLink(Span<char> destination)
    {
        var bytes = new byte[1 + GroupRecord.BytesMax + ChecksumSize];
        try
        {
            bytes[0] = Version;
            var length = 1 + GroupRecord.Write(bytes.AsSpan(1), Content);
            GroupRecord.Checksum(bytes.AsSpan(0, length), bytes.AsSpan(length, ChecksumSize));
            LinkPrefix.CopyTo(destination);
            return LinkPrefix.Length + Base64Url.EncodeToChars(bytes.AsSpan(0, length + ChecksumSize), destination[LinkPrefix.Length..]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Reads a link; tells a mistyped or truncated one (checksum) from one that is something else or of a later version.</summary>
    /// <param name="text">The link, also as mail and chats give it: with text around it, wrapped, quoted, in brackets, as quoted-printable, HTML or part of another link.</param>
    /// <param name="invite">The invite.</param>
    /// <param name="problem">What is wrong and what to do, for a person; never a part of the link.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Invite? invite, [NotNullWhen(false)] out string? problem) => TryParse(text.AsSpan(), out invite, out problem);

    /// <summary>The same for memory that the caller can wipe.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Invite? invite, [NotNullWhen(false)] out string? problem)
    {
        invite = null;
        if (text.Length > TextCharsMax)
        {
            problem = $"This is too long for an invite: {text.Length} characters, {TextCharsMax} at most.";
            return false;
        }

        (invite, problem) = InviteText.Find(text);
        return invite is not null;
    }

    /// <summary>A constant: an invite may be a key.</summary>
    public override string ToString() => "[invite]";

    /// <summary>Wipes the secret.</summary>
    public void Dispose() => Content.Secret?.Dispose();

    /// <summary>Reads the bytes that a link begins with. What comes after an invite is not looked at: it says itself how long it is.</summary>
    /// <returns>The invite, or what is wrong.</returns>
    internal static (Invite? Invite, string? Problem) Read(ReadOnlySpan<byte> bytes)
    {
        const string Cut = "The invite is mistyped or cut off: its checksum doesn't fit. Copy the whole link.";
        if (bytes.Length < 1 + ChecksumSize) return (null, "The invite is cut off. Copy the whole link.");
        var length = bytes.Length - ChecksumSize;
        if (bytes[0] == Version)
        {
            if (!GroupRecord.TryMeasure(bytes[1..], out var record) || 1 + record > length) return (null, IsWhole(bytes, length) ? "The link is whole, but what is in it is not an invite. Ask for a new one." : Cut);
            length = 1 + record;
        }

        if (!IsWhole(bytes, length)) return (null, Cut);
        if (bytes[0] != Version) return (null, $"The invite is of version {bytes[0]}; this program knows version {Version}. Update it.");
        return GroupRecord.TryRead(bytes[1..length], out var content) ? (new Invite(content), null) : (null, "The link is whole, but what is in it is not an invite. Ask for a new one.");
    }

    private static bool IsWhole(ReadOnlySpan<byte> bytes, int length)
    {
        Span<byte> checksum = stackalloc byte[ChecksumSize];
        GroupRecord.Checksum(bytes[..length], checksum);
        return checksum.SequenceEqual(bytes.Slice(length, ChecksumSize));
    }
}
