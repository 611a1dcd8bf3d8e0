using System.Globalization;
using System.Security.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using X25519 = ZeroK.Noise.Internal.X25519;

namespace ZeroK.Bench.Crypto;

/// <summary>A whole handshake, each side's time, against the sum of the key operations that it must do: ephemeral keys, encapsulations, decapsulations, key agreements.</summary>
internal static class HandshakeBench
{
    private const int Handshakes = 2_000;

    public static void Run(Figures figures)
    {
        using var device = StaticIdentity.Generate();
        using var relay = StaticIdentity.Generate();
        Together(device, relay, 300);
        var parts = Primitives();
        var (initiator, responder) = Together(device, relay, Handshakes);
        var again = Primitives();
        double Part(int i) => (parts[i] + again[i]) / 2;
        var (kemKey, encapsulate, decapsulate, dhKey, agree) = (Part(0), Part(1), Part(2), Part(3), Part(4));
        var client = kemKey + encapsulate + 2 * decapsulate + dhKey + 3 * agree;
        var server = kemKey + 2 * encapsulate + decapsulate + dhKey + 3 * agree;
        figures.Add("primitives: ML-KEM-768 key / encapsulate / decapsulate", F($"{kemKey:0} / {encapsulate:0} / {decapsulate:0} µs"), "libsodium");
        figures.Add("primitives: X25519 key / agreement", F($"{dhKey:0} / {agree:0} µs"), "libsodium");
        figures.Add("handshake, client's side", F($"{initiator:0} µs"), F($"{initiator / client:0.00} of its primitives' {client:0} µs, at most 1.3"));
        figures.Add("handshake, relay's side", F($"{responder:0} µs"), F($"{responder / server:0.00} of its primitives' {server:0} µs, at most 1.3"));
    }

    // Mean µs of each side over many handshakes in one thread.
    private static (double Initiator, double Responder) Together(StaticIdentity device, StaticIdentity relay, int handshakes)
    {
        var spent = new TimeSpan[2];
        for (var i = 0; i < handshakes; i++)
        {
            var started = ThreadTime.Now;
            using var client = new NoiseHandshake(true, "0ksync/1"u8, device);
            spent[0] += ThreadTime.Now - started;
            started = ThreadTime.Now;
            using var server = new NoiseHandshake(false, "0ksync/1"u8, relay);
            spent[1] += ThreadTime.Now - started;
            for (var message = 0; message < 4; message++)
            {
                var (writer, reader, by) = message % 2 == 0 ? (client, server, 0) : (server, client, 1);
                started = ThreadTime.Now;
                var bytes = new byte[writer.NextMessageBytes];
                if (writer.Write(default, bytes, out _) != NoiseFailure.None) throw new InvalidOperationException("A write failed.");
                spent[by] += ThreadTime.Now - started;
                started = ThreadTime.Now;
                if (reader.Read(bytes, default) != NoiseFailure.None) throw new InvalidOperationException("A read failed.");
                spent[1 - by] += ThreadTime.Now - started;
            }
        }

        return (spent[0].TotalMicroseconds / handshakes, spent[1].TotalMicroseconds / handshakes);
    }

    private static double[] Primitives()
    {
        var seed = RandomNumberGenerator.GetBytes(MlKem768.SeedBytes);
        using var kem = new MlKemKey(seed);
        var publicKem = kem.Public;
        var (coins, ciphertext, secret) = (new byte[32], new byte[MlKem768.CiphertextBytes], new byte[32]);
        MlKem768.Encapsulate(publicKem, coins, ciphertext, secret);
        using var mine = new EphemeralX25519(RandomNumberGenerator.GetBytes(X25519.Bytes));
        using var theirs = new EphemeralX25519(RandomNumberGenerator.GetBytes(X25519.Bytes));
        return
        [
            .. Turns.Measure(
                () => new MlKemKey(RandomNumberGenerator.GetBytes(MlKem768.SeedBytes)).Dispose(),
                () => MlKem768.Encapsulate(publicKem, RandomNumberGenerator.GetBytes(32), ciphertext, secret),
                () => MlKem768.Decapsulate(kem, ciphertext, secret),
                () => new EphemeralX25519(RandomNumberGenerator.GetBytes(X25519.Bytes)).Dispose(),
                () => mine.TryAgree(theirs.Public, secret)).Select(s => s * 1e6),
        ];
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
