using System.Security.Cryptography;

namespace ZeroK.Client.Envelopes;

/// <summary>Random nonces for XChaCha20-Poly1305, drawn from the system for many seals at once: a draw costs as much as the cipher of 4 KiB, whatever its length.</summary>
/// <remarks>A nonce is public as soon as it is used, so waiting in memory for its turn gives nothing away. Each thread has its own supply, and what was handed out is wiped: none comes twice.</remarks>
internal static class Nonces
{
    private const int Supply = 32;

    [ThreadStatic]
    private static byte[]? _drawn;

    [ThreadStatic]
    private static int _left;

    /// <summary>Writes the next nonce.</summary>
    /// <param name="destination">24 bytes.</param>
    public static void Next(Span<byte> destination)
    {
        var drawn = _drawn ??= new byte[Supply * XChaCha20.NonceSize];
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(drawn);
            _left = Supply;
        }

        // Counted before it is handed out: an exception on the way loses a nonce, and never gives it twice.
        var next = drawn.AsSpan(--_left * XChaCha20.NonceSize, XChaCha20.NonceSize);
        next.CopyTo(destination);
        next.Clear();
    }
}
