using System.Security.Cryptography;

namespace ZeroK.Client.Pairing;

/// <summary>What a pairing draws at random. Tests give seeded values.</summary>
internal class PairingRandom
{
    public static readonly PairingRandom System = new();

    public virtual void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
