using System.Globalization;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Client;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Wire;
using SystemChaCha = System.Security.Cryptography.ChaCha20Poly1305;

namespace ZeroK.Bench.Crypto;

/// <summary>Sealing and opening whole envelopes, header, padding, and all, against the bare cipher over as many bytes of payload: NSec's XChaCha20-Poly1305 below 16 KiB, the system's ChaCha20-Poly1305 from there.</summary>
internal static class SealBench
{
    public static void Run(Figures figures)
    {
        using var secret = GroupSecret.Random();
        using var keys = new KeyRing(secret, 1);
        foreach (var size in new[] { 1024, 64 * 1024, 1024 * 1024 }) Run(figures, keys, size);
    }

    private static void Run(Figures figures, KeyRing keys, int size)
    {
        var payload = RandomNumberGenerator.GetBytes(size);
        var (group, id) = (new GroupId(new byte[32]), BlobId.New());
        var header = new EnvelopeHeader(new DeviceId(new byte[32]), 1, new byte[32], 1, null);
        var envelope = Envelope.Seal(keys, group, id, header, payload);
        var (sealedText, text, nonce) = (new byte[size + 16], new byte[size], new byte[24]);
        using var small = Key.Create(AeadAlgorithm.XChaCha20Poly1305);
        using var large = new SystemChaCha(new byte[32]);
        var isLarge = size >= XChaCha20.LargeBytes;
        void BareSeal()
        {
            if (isLarge) large.Encrypt(nonce.AsSpan(0, 12), payload, sealedText.AsSpan(0, size), sealedText.AsSpan(size));
            else AeadAlgorithm.XChaCha20Poly1305.Encrypt(small, nonce, default, payload, sealedText);
        }

        void BareOpen()
        {
            if (isLarge) large.Decrypt(nonce.AsSpan(0, 12), sealedText.AsSpan(0, size), sealedText.AsSpan(size), text);
            else AeadAlgorithm.XChaCha20Poly1305.Decrypt(small, nonce, default, sealedText, text);
        }

        BareSeal();
        var (ready, readyText) = (new byte[envelope.Length], new byte[Envelope.TextSize(envelope.Length)]);
        var times = Turns.Measure(
            () =>
            {
                Span<byte> fresh = stackalloc byte[24];
                Nonces.Next(fresh);
                Envelope.Seal(keys, group, id, header, payload, fresh, ready);
            },
            () => Envelope.Seal(keys, group, id, header, payload),
            BareSeal,
            () => Envelope.TryOpen(keys, group, header.Sender, id, envelope, readyText, out _),
            () => Envelope.TryOpen(keys, group, header.Sender, id, envelope, out _),
            BareOpen);
        Add("seal", times[0], times[2]);
        Add("seal into a new array:", times[1], times[2]);
        Add("open", times[3], times[5]);
        Add("open into a new array:", times[4], times[5]);

        void Add(string what, double ours, double bare)
        {
            var (name, figure) = ($"{what} {size / 1024:#,0} KiB", string.Create(CultureInfo.InvariantCulture, $"{size / ours / 1e6:#,0} MB/s"));
            var ratio = string.Create(CultureInfo.InvariantCulture, $"{bare / ours:0.00} of the bare cipher's {size / bare / 1e6:#,0} MB/s");
            figures.Add(name, figure, isLarge && !what.Contains("array", StringComparison.Ordinal) ? ratio + ", at least 0.85" : ratio);
        }
    }
}
