using System.Security.Cryptography;

namespace ZeroK.Noise.Internal;

/// <summary>An ML-KEM-768 key pair, expanded from its seed. The secret half lies in memory that the collector doesn't move, and is wiped when disposed of.</summary>
internal sealed class MlKemKey : IDisposable
{
    private readonly byte[] _secret = GC.AllocateUninitializedArray<byte>(MlKem768.SecretKeyBytes, pinned: true);

    internal MlKemKey(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != MlKem768.SeedBytes) throw new ArgumentException($"An ML-KEM seed has {MlKem768.SeedBytes} bytes; these are {seed.Length}.", nameof(seed));
        if (Sodium.MlKemKeyPair(Public, _secret, seed) != 0) throw new CryptographicException("ML-KEM made no key.");
    }

    /// <summary>1,184 bytes.</summary>
    public byte[] Public { get; } = new byte[MlKem768.PublicKeyBytes];

    internal ReadOnlySpan<byte> Secret => _secret;

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);
}
