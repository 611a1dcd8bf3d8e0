using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Noise.Internal;

/// <summary>Chaining key, handshake hash and cipher of a handshake (Noise revision 34, section 5.2).</summary>
internal sealed class SymmetricState : IDisposable
{
    private readonly NoiseHash _hash;
    private readonly byte[] _chainingKey;
    private readonly byte[] _handshakeHash;
    private CipherState? _cipher;

    public SymmetricState(NoiseHash hash, string protocolName)
    {
        _hash = hash;
        _handshakeHash = new byte[hash.Length];
        var name = Encoding.ASCII.GetBytes(protocolName);
        if (name.Length <= hash.Length) name.CopyTo(_handshakeHash, 0);
        else hash.Hash(name, default, default, _handshakeHash);
        _chainingKey = [.. _handshakeHash];
    }

    public ReadOnlySpan<byte> HandshakeHash => _handshakeHash;

    /// <summary>Bytes that sealing adds now: 0 before the first key.</summary>
    public int Overhead => _cipher is null ? 0 : CipherState.TagBytes;

    public void MixHash(ReadOnlySpan<byte> data) => _hash.Hash(_handshakeHash, data, default, _handshakeHash);

    public void MixKey(ReadOnlySpan<byte> input)
    {
        Span<byte> key = stackalloc byte[_hash.Length];
        _hash.Hkdf(_chainingKey, input, _chainingKey, key, default);
        SetKey(key);
    }

    public void MixKeyAndHash(ReadOnlySpan<byte> input)
    {
        Span<byte> middle = stackalloc byte[_hash.Length];
        Span<byte> key = stackalloc byte[_hash.Length];
        _hash.Hkdf(_chainingKey, input, _chainingKey, middle, key);
        MixHash(middle);
        CryptographicOperations.ZeroMemory(middle);
        SetKey(key);
    }

    /// <summary>EncryptAndHash; <paramref name="destination"/> has room for the data and <see cref="Overhead"/>.</summary>
    public int Seal(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        var written = destination[..(data.Length + Overhead)];
        if (_cipher is null) data.CopyTo(written);
        else _cipher.Seal(_handshakeHash, data, written);
        MixHash(written);
        return written.Length;
    }

    /// <summary>DecryptAndHash; false if the seal is not right.</summary>
    public bool TryOpen(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        // The hash is taken of the sealed bytes, so they must not be where the opened ones go.
        if (_cipher is null) data.CopyTo(destination);
        else if (!_cipher.TryOpen(_handshakeHash, data, destination)) return false;
        MixHash(data);
        return true;
    }

    /// <summary>Split, and the third output of its HKDF, from which more keys are derived; the first two are the same without it.</summary>
    public (CipherState First, CipherState Second, StreamKeys Streams) Split(uint rekeyEveryMessages)
    {
        var exporter = new byte[_hash.Length];
        var (first, second) = CipherState.Pair(_hash, _chainingKey, default, exporter, rekeyEveryMessages);
        return (first, second, new StreamKeys(_hash, exporter, rekeyEveryMessages));
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_chainingKey);
        _cipher?.Dispose();
    }

    private void SetKey(Span<byte> key)
    {
        _cipher?.Dispose();
        _cipher = new CipherState(key[..CipherState.KeyBytes], rekeyEveryMessages: 0);
        CryptographicOperations.ZeroMemory(key);
    }
}
