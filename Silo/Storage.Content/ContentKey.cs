using ZeroK.Content;

namespace ZeroK.Storage.Content;

/// <summary>An object of a group. Two groups never share one: whether another group has an object can't be asked.</summary>
/// <param name="Group">The group's pseudonym.</param>
/// <param name="Hash">BLAKE3 of the ciphertext.</param>
public readonly record struct ContentKey(Guid Group, ContentHash Hash)
{
    /// <summary>Redacted: it could be logged.</summary>
    public override string ToString() => "ContentKey(redacted)";
}
