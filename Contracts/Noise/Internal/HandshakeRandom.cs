using System.Security.Cryptography;

namespace ZeroK.Noise.Internal;

/// <summary>What a handshake draws at random. Tests give fixed values, so that vectors run through the code that production uses.</summary>
internal class HandshakeRandom
{
    public static readonly HandshakeRandom System = new();

    /// <summary>An X25519 private key, 32 bytes.</summary>
    public virtual void Ephemeral(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    /// <summary>An ML-KEM seed d || z, 64 bytes.</summary>
    public virtual void KemSeed(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    /// <summary>An encapsulation's m, 32 bytes.</summary>
    public virtual void Coins(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
