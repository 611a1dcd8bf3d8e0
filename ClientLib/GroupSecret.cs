namespace ZeroK.Client;

/// <summary>The 32 bytes that make someone a member: all keys of the group come from them. Held in locked memory; disposing wipes it.</summary>
public sealed class GroupSecret : IDisposable
{
    /// <summary>Bytes of a secret.</summary>
    public const int Size = 32;

    /// <summary>Bytes of the salt of a passphrase group.</summary>
    public const int SaltSize = 16;

    /// <summary>The shortest passphrase, characters.</summary>
    public const int PassphraseCharsMin = 8;

    /// <summary>A fresh random secret: only invites carry it.</summary>
    public static GroupSecret Random() => throw new NotImplementedException();

    /// <summary>A secret from a passphrase (Unicode NFC, UTF-8) and a fresh random salt, by Argon2id.</summary>
    /// <param name="passphrase">At least <see cref="PassphraseCharsMin"/> characters.</param>
    /// <param name="parameters">The cost; null: <see cref="Argon2idParameters.Default"/>.</param>
    /// <exception cref="ArgumentException">The passphrase is too short or the parameters are outside their limits.</exception>
    public static GroupSecret FromPassphrase(ReadOnlySpan<char> passphrase, Argon2idParameters? parameters = null) => throw new NotImplementedException();

    /// <summary>Whether it came from a passphrase.</summary>
    public bool HasPassphrase => throw new NotImplementedException();

    /// <summary>A constant: secrets are not shown.</summary>
    public override string ToString() => "[group secret]";

    /// <summary>Wipes it.</summary>
    public void Dispose() => throw new NotImplementedException();
}
