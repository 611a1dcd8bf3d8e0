using System.Buffers.Binary;
using System.Security.Cryptography;
using NSec.Cryptography;
using SystemChaCha = System.Security.Cryptography.ChaCha20Poly1305;

namespace ZeroK.Noise.Internal;

/// <summary>One direction's ChaCha20-Poly1305 with its counter (Noise revision 34, sections 5.1 and 11.3; RFC 8439).</summary>
/// <remarks>The system's implementation, and not guarded memory for each key: a relay with ten thousand sessions would run out of memory mappings. NSec's where the system has none (Windows before 10 2004, Server 2022, Wine): both make the same bytes.</remarks>
internal sealed class CipherState : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;
    private const int NonceBytes = 12;

    private readonly uint _rekeyEveryMessages;
    private SystemChaCha? _system;
    private Key? _portable;

    public CipherState(ReadOnlySpan<byte> key, uint rekeyEveryMessages)
    {
        Use(key);
        _rekeyEveryMessages = rekeyEveryMessages;
    }

    /// <summary>Ciphers that this thread makes are NSec's, as on a system without its own: for tests.</summary>
    [ThreadStatic]
    internal static bool IsPortableForced;

    /// <summary>Whether it is NSec's.</summary>
    internal bool IsPortable => _portable is not null;

    /// <summary>Two ciphers from the first two outputs of HKDF; the third goes to <paramref name="third"/> if it has room.</summary>
    public static (CipherState First, CipherState Second) Pair(NoiseHash hash, ReadOnlySpan<byte> chainingKey, ReadOnlySpan<byte> input, Span<byte> third, uint rekeyEveryMessages)
    {
        Span<byte> first = stackalloc byte[hash.Length];
        Span<byte> second = stackalloc byte[hash.Length];
        try
        {
            hash.Hkdf(chainingKey, input, first, second, third);
            return (new CipherState(first[..KeyBytes], rekeyEveryMessages), new CipherState(second[..KeyBytes], rekeyEveryMessages));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(first);
            CryptographicOperations.ZeroMemory(second);
        }
    }

    /// <summary>The next message's number. The last value is REKEY's: no message is sealed or opened under it.</summary>
    internal ulong Counter { get; set; }

    /// <summary>Seals into <paramref name="destination"/>: as long as the data and a tag. May be in place.</summary>
    /// <exception cref="InvalidOperationException">All nonces are used up.</exception>
    public void Seal(ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (Counter == ulong.MaxValue) throw new InvalidOperationException("All nonces of this key are used up: the session must end.");
        Span<byte> nonce = stackalloc byte[NonceBytes];
        Nonce(Counter, nonce);
        SealUnder(nonce, associatedData, data, destination);
        Advance();
    }

    /// <summary>Opens into <paramref name="destination"/>: a tag shorter than the data. False, with the destination cleared and the counter unmoved, if the seal is not right. May be in place.</summary>
    public bool TryOpen(ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (data.Length < TagBytes || Counter == ulong.MaxValue) return false;
        Span<byte> nonce = stackalloc byte[NonceBytes];
        Nonce(Counter, nonce);
        if (!TryOpenUnder(nonce, associatedData, data, destination)) return false;
        Advance();
        return true;
    }

    /// <summary>Seals under a nonce that the caller chose; the counter stays. For <see cref="Seal"/>, and for vectors whose nonces no counter makes.</summary>
    internal void SealUnder(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (_system is not null) _system.Encrypt(nonce, data, destination[..data.Length], destination.Slice(data.Length, TagBytes), associatedData);
        else AeadAlgorithm.ChaCha20Poly1305.Encrypt(Portable, nonce, associatedData, data, destination[..(data.Length + TagBytes)]);
    }

    /// <summary>The reverse of <see cref="SealUnder"/>; false, with the destination cleared, if the seal is not right.</summary>
    internal bool TryOpenUnder(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        var length = data.Length - TagBytes;
        if (_system is null)
        {
            if (nonce.Length != NonceBytes) throw new ArgumentException("A nonce has 96 bits.", nameof(nonce));
            if (AeadAlgorithm.ChaCha20Poly1305.Decrypt(Portable, nonce, associatedData, data, destination[..length])) return true;
            CryptographicOperations.ZeroMemory(destination[..length]);
            return false;
        }

        try
        {
            _system.Decrypt(nonce, data[..length], data[length..], destination[..length], associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            CryptographicOperations.ZeroMemory(destination[..length]);
            return false;
        }
    }

    public void Dispose()
    {
        _system?.Dispose();
        _portable?.Dispose();
    }

    /// <summary>REKEY: the new key is what the old one makes of 32 zeros under the last nonce. The counter goes on.</summary>
    internal void Rekey()
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        Span<byte> key = stackalloc byte[KeyBytes + TagBytes];
        Nonce(ulong.MaxValue, nonce);
        key.Clear();
        try
        {
            SealUnder(nonce, default, key[..KeyBytes], key);
            var (system, portable) = (_system, _portable);
            Use(key[..KeyBytes]);
            system?.Dispose();
            portable?.Dispose();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private Key Portable => _portable ?? throw new ObjectDisposedException(nameof(CipherState));

    private void Use(ReadOnlySpan<byte> key)
    {
        var isPortable = IsPortableForced || _portable is not null || !SystemChaCha.IsSupported;
        (_system, _portable) = isPortable ? (null, Key.Import(AeadAlgorithm.ChaCha20Poly1305, key, KeyBlobFormat.RawSymmetricKey)) : (new SystemChaCha(key), (Key?)null);
    }

    private void Advance()
    {
        Counter++;
        if (_rekeyEveryMessages != 0 && Counter % _rekeyEveryMessages == 0) Rekey();
    }

    private static void Nonce(ulong counter, Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }
}
