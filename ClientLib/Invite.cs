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

    /// <summary>The link. Secret unless <see cref="NeedsPassphrase"/>.</summary>
    /// <remarks>base64url of: version (u8, 1), the group's record, the first 4 bytes of SHA-256 of all before.</remarks>
    public string ToLink()
    {
        var bytes = new byte[1 + GroupRecord.BytesMax + ChecksumSize];
        try
        {
            bytes[0] = Version;
            var length = 1 + GroupRecord.Write(bytes.AsSpan(1), Content.Group, Content.Epoch, Content.Secret, Content.Source, Content.Relays);
            GroupRecord.Checksum(bytes.AsSpan(0, length), bytes.AsSpan(length, ChecksumSize));
            return LinkPrefix + Base64Url.EncodeToString(bytes.AsSpan(0, length + ChecksumSize));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Reads a link; tells a mistyped or truncated one (checksum) from one that is something else or of a later version.</summary>
    /// <param name="link">The link; blanks around it are passed over.</param>
    /// <param name="invite">The invite.</param>
    /// <param name="problem">What is wrong and what to do, for a person; never a part of the link.</param>
    public static bool TryParse(string? link, [NotNullWhen(true)] out Invite? invite, [NotNullWhen(false)] out string? problem)
    {
        invite = null;
        var text = link.AsSpan().Trim();
        if (!text.StartsWith(LinkPrefix, StringComparison.OrdinalIgnoreCase))
        {
            problem = text.StartsWith(RelayAddress.Prefix, StringComparison.OrdinalIgnoreCase)
                ? "This is a relay's address, not an invite. An invite begins with " + LinkPrefix + "."
                : "An invite begins with " + LinkPrefix + ". A device of the group makes one.";
            return false;
        }

        if (text.Length > LinkCharsMax)
        {
            problem = "This is too long for an invite.";
            return false;
        }

        text = text[LinkPrefix.Length..];
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        try
        {
            problem = Read(text, bytes, out var content);
            if (problem is not null) return false;
            invite = new Invite(content);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>A constant: an invite may be a key.</summary>
    public override string ToString() => "[invite]";

    /// <summary>Wipes the secret.</summary>
    public void Dispose() => Content.Secret?.Dispose();

    private static string? Read(ReadOnlySpan<char> text, byte[] bytes, out GroupContent content)
    {
        content = default;
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length < 1 + ChecksumSize)
            return "The invite has characters that don't belong there, or is cut off. Copy the whole link.";
        var body = bytes.AsSpan(0, length - ChecksumSize);
        Span<byte> checksum = stackalloc byte[ChecksumSize];
        GroupRecord.Checksum(body, checksum);
        if (!checksum.SequenceEqual(bytes.AsSpan(body.Length, ChecksumSize)))
            return "The invite is mistyped or cut off: its checksum doesn't fit. Copy the whole link.";
        if (body[0] != Version)
            return $"The invite is of version {body[0]}; this program knows version {Version}. Update it.";
        if (!GroupRecord.TryRead(body[1..], out content))
            return "The link is whole, but what is in it is not an invite. Ask for a new one.";
        return null;
    }
}
