using System.Buffers.Text;
using System.Text;
using ZeroK.Client;
using ZeroK.Client.Keys;
using ZeroK.Fuzz.Tests.Engine;
using ZeroK.Wire;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>Invite links, what is in them, and relay addresses.</summary>
internal static class InviteTargets
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, GroupSecret.Size).Select(i => (byte)i)];
    private static readonly byte[][] Records = [Make(false, "relay.example"), Make(true, "192.0.2.1"), Make(true, "::1", "relay.example")];

    /// <summary>The link as somebody pastes it.</summary>
    public static FuzzTarget Link { get; } = new("invite-link", [.. Records.Select(r => Encoding.UTF8.GetBytes(LinkOf(r)))], static bytes => Parse(Encoding.UTF8.GetString(bytes))) { Verify = static (_, value) => SameAgain((string)value) };

    /// <summary>What is inside the link, with a right checksum.</summary>
    public static FuzzTarget Body { get; } = new("invite-body", [.. Records], static bytes => Parse(LinkOf(bytes))) { Verify = static (_, value) => SameAgain((string)value) };

    /// <summary>The record of files and invites: accepted only as the code writes it.</summary>
    public static FuzzTarget Record { get; } = new("group-record", [.. Records], static bytes => Rewrite(bytes))
    {
        Verify = static (bytes, value) =>
        {
            if (!bytes.AsSpan().SequenceEqual((byte[])value)) throw new InvalidOperationException("A record was accepted that the code would write otherwise.");
        },
    };

    /// <summary>A relay's address.</summary>
    public static FuzzTarget Address { get; } = new("relay-address",
        [.. new[] { "relay.example", "192.0.2.1", "::1" }.Select(h => Encoding.UTF8.GetBytes(new RelayAddress(h, 4840, Secret).ToString()))],
        static bytes => RelayAddress.TryParse(Encoding.UTF8.GetString(bytes), out var address, out _) ? address : null)
    {
        Verify = static (_, value) =>
        {
            if (!RelayAddress.Parse(value.ToString()!).Equals((RelayAddress)value)) throw new InvalidOperationException("An address is another when read again.");
        },
    };

    /// <summary>A group record with fixed contents.</summary>
    internal static byte[] Make(bool withSecret, params string[] hosts)
    {
        using var secret = withSecret ? GroupSecret.Import(Secret, source: null) : null;
        var source = withSecret && hosts.Length == 1 ? null : new PassphraseSource(Secret.AsMemory(0, GroupSecret.SaltSize), Argon2idParameters.Default);
        var bytes = new byte[GroupRecord.BytesMax];
        return bytes[..GroupRecord.Write(bytes, new GroupContent(new GroupId(Secret), 1, secret, source, [.. hosts.Select((h, i) => new RelayAddress(h, 4840 + i, Secret))]))];
    }

    private static byte[]? Rewrite(byte[] bytes)
    {
        if (!GroupRecord.TryRead(bytes, out var content)) return null;
        using (content.Secret)
        {
            var again = new byte[GroupRecord.BytesMax];
            return again[..GroupRecord.Write(again, content)];
        }
    }

    private static string LinkOf(byte[] record)
    {
        byte[] body = [1, .. record];
        Span<byte> checksum = stackalloc byte[4];
        GroupRecord.Checksum(body, checksum);
        return Invite.LinkPrefix + Base64Url.EncodeToString([.. body, .. checksum]);
    }

    private static string? Parse(string link)
    {
        if (!Invite.TryParse(link, out var invite, out var problem)) return problem is null ? throw new InvalidOperationException("A refusal without its reason.") : null;
        using (invite) return invite.ToLink();
    }

    private static void SameAgain(string link)
    {
        if (Parse(link) != link) throw new InvalidOperationException("An invite is another when read again.");
    }
}
