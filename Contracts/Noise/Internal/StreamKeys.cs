using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroK.Noise.Internal;

/// <summary>What the keys of a session's side streams come from: a secret of the handshake that its two ciphers tell nothing about.</summary>
internal sealed class StreamKeys(NoiseHash hash, byte[] exporter, uint rekeyEveryMessages) : IDisposable
{
    private static readonly byte[] Label = [.. "0ksync/1 stream"u8];

    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>The two ciphers of a side stream, the initiator's first. A number must be used once: the same keys would begin at the same nonces again.</summary>
    /// <exception cref="ObjectDisposedException">The session is over.</exception>
    public (CipherState First, CipherState Second) Of(uint number)
    {
        Span<byte> info = stackalloc byte[Label.Length + sizeof(uint)];
        Label.CopyTo(info);
        BinaryPrimitives.WriteUInt32BigEndian(info[Label.Length..], number);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return CipherState.Pair(hash, exporter, info, default, rekeyEveryMessages);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            CryptographicOperations.ZeroMemory(exporter);
        }
    }
}
