using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;

namespace ZeroK.Noise.Internal;

/// <summary>A hash function of Noise with its HMAC and HKDF (Noise revision 34, sections 4.3 and 5.1).</summary>
internal abstract class NoiseHash
{
    public static readonly NoiseHash Blake2s = new DigestHash("BLAKE2s", 32, 64, () => new Blake2sDigest(256));
    public static readonly NoiseHash Blake2b = new DigestHash("BLAKE2b", 64, 128, () => new Blake2bDigest(512));
    public static readonly NoiseHash Sha256 = new Sha256Hash();

    /// <summary>The largest <see cref="Length"/>.</summary>
    public const int LengthMax = 64;

    public abstract string Name { get; }

    /// <summary>HASHLEN, bytes.</summary>
    public abstract int Length { get; }

    /// <summary>BLOCKLEN, bytes.</summary>
    protected abstract int BlockLength { get; }

    /// <summary>Hashes the concatenation of three parts.</summary>
    public abstract void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, Span<byte> destination);

    /// <summary>HKDF with <paramref name="second"/> and, if not empty, <paramref name="third"/> beside <paramref name="first"/>; each Length bytes.</summary>
    public void Hkdf(ReadOnlySpan<byte> chainingKey, ReadOnlySpan<byte> input, Span<byte> first, Span<byte> second, Span<byte> third)
    {
        Span<byte> temporary = stackalloc byte[Length];
        try
        {
            Hmac(chainingKey, input, default, temporary);
            Hmac(temporary, [1], default, first);
            Hmac(temporary, first, [2], second);
            if (!third.IsEmpty) Hmac(temporary, second, [3], third);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(temporary);
        }
    }

    private void Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        Span<byte> pad = stackalloc byte[BlockLength];
        Span<byte> inner = stackalloc byte[Length];
        try
        {
            XorKey(key, 0x36, pad);
            Hash(pad, first, second, inner);
            XorKey(key, 0x5c, pad);
            Hash(pad, inner, default, destination);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pad);
            CryptographicOperations.ZeroMemory(inner);
        }
    }

    // Keys here are never longer than a block: they are chaining keys and HMAC results.
    private static void XorKey(ReadOnlySpan<byte> key, byte with, Span<byte> pad)
    {
        pad.Fill(with);
        for (var i = 0; i < key.Length; i++) pad[i] ^= key[i];
    }

    private sealed class DigestHash(string name, int length, int blockLength, Func<IDigest> create) : NoiseHash
    {
        public override string Name => name;

        public override int Length => length;

        protected override int BlockLength => blockLength;

        public override void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, Span<byte> destination)
        {
            var digest = create();
            digest.BlockUpdate(first);
            digest.BlockUpdate(second);
            digest.BlockUpdate(third);
            digest.DoFinal(destination);
        }
    }

    private sealed class Sha256Hash : NoiseHash
    {
        public override string Name => "SHA256";

        public override int Length => 32;

        protected override int BlockLength => 64;

        public override void Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, Span<byte> destination)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(first);
            hash.AppendData(second);
            hash.AppendData(third);
            hash.GetHashAndReset(destination);
        }
    }
}
