using System.Diagnostics.CodeAnalysis;
using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>An invitation into a group, as a link: <c>zerok://join/…</c>. Holds the group's secret, or for a passphrase group its salt and Argon2id parameters.</summary>
public sealed class Invite : IDisposable
{
    /// <summary>What every link begins with.</summary>
    public const string LinkPrefix = "zerok://join/";

    /// <summary>The longest link, characters.</summary>
    public const int LinkCharsMax = 4096;

    /// <summary>The group.</summary>
    public GroupId Group => throw new NotImplementedException();

    /// <summary>The group's relays, the first preferred.</summary>
    public IReadOnlyList<RelayAddress> Relays => throw new NotImplementedException();

    /// <summary>Whether who joins must know the group's passphrase. If not, the link alone is enough: treat it as a key.</summary>
    public bool NeedsPassphrase => throw new NotImplementedException();

    /// <summary>The link. Secret unless <see cref="NeedsPassphrase"/>.</summary>
    public string ToLink() => throw new NotImplementedException();

    /// <summary>Reads a link; tells a mistyped or truncated one (checksum) from one that is something else or of a later version.</summary>
    /// <param name="link">The link; blanks around it are passed over.</param>
    /// <param name="invite">The invite.</param>
    /// <param name="problem">What is wrong and what to do, for a person; never a part of the link.</param>
    public static bool TryParse(string? link, [NotNullWhen(true)] out Invite? invite, [NotNullWhen(false)] out string? problem) => throw new NotImplementedException();

    /// <summary>A constant: an invite may be a key.</summary>
    public override string ToString() => "[invite]";

    /// <summary>Wipes the secret.</summary>
    public void Dispose() => throw new NotImplementedException();
}
