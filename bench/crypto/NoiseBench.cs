using System.Diagnostics;
using System.Globalization;
using ZeroK.Bench.Relay;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Bench.Crypto;

/// <summary>A session's throughput: its messages through a pipe, both ends on one core; and the whole channel, frames and all, over the in-memory network.</summary>
internal static class NoiseBench
{
    private const long Bytes = 1L << 30;

    public static void Run(Figures figures)
    {
        using var a = new CipherState(new byte[32], NoiseSession.RekeyEveryMessages);
        using var b = new CipherState(new byte[32], NoiseSession.RekeyEveryMessages);
        using var bare = new System.Security.Cryptography.ChaCha20Poly1305(new byte[32]);
        var (text, sealedText, opened, nonce) = (new byte[NoiseSession.MessageBytesMax - 16], new byte[NoiseSession.MessageBytesMax], new byte[NoiseSession.MessageBytesMax - 16], new byte[12]);
        var pipe = new byte[NoiseSession.MessageBytesMax];
        var times = Turns.Measure(
            () =>
            {
                a.Seal(default, text, sealedText);
                sealedText.CopyTo(pipe, 0);
                if (!b.TryOpen(default, pipe, opened)) throw new InvalidOperationException("It did not open.");
            },
            () =>
            {
                bare.Encrypt(nonce, text, sealedText.AsSpan(0, text.Length), sealedText.AsSpan(text.Length));
                bare.Decrypt(nonce, sealedText.AsSpan(0, text.Length), sealedText.AsSpan(text.Length), opened);
            });
        figures.AddAtLeast("session messages of 64 KiB through an in-memory pipe, both ends on one core, one way", text.Length / times[0] / 1e9, "GB/s", 1);
        figures.Add("the same, beside the bare cipher doing both", F($"{times[1] / times[0]:0.00}"), F($"{text.Length / times[1] / 1e9:0.00} GB/s"));
        var (rate, processor) = ChannelAsync().GetAwaiter().GetResult();
        figures.Add("whole channel, PUSH frames of 1 MiB over the in-memory network", F($"{rate / 1e9:0.00} GB/s"), F($"{processor / 1e9:0.00} GB/s for a core's time: cipher twice, five copies, a fresh array for each frame read"));
    }

    private static async Task<(double PerSecond, double PerProcessorSecond)> ChannelAsync()
    {
        using var relay = StaticIdentity.Generate();
        using var device = StaticIdentity.Generate();
        var network = new MemoryNetwork { BytesMax = 1 << 20 };
        await using var listener = await network.ListenAsync("relay", 0);
        var accepting = listener.AcceptAsync();
        var connecting = SecureChannel.ConnectAsync(await network.ConnectAsync(new RelayEndpoint("relay", 0)), device, relay.Public.Fingerprint(), ChannelOptions.Default);
        await using var server = await SecureChannel.AcceptAsync(await accepting ?? throw new InvalidOperationException("No connection."), relay, ChannelOptions.Default);
        await using var client = await connecting;
        var push = new Push([new PushBlob(BlobId.New(), 1, new byte[1 << 20])]);
        await TransferAsync(client, server, push, Bytes / 8);
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await TransferAsync(client, server, push, Bytes);
        var seconds = clock.Elapsed.TotalSeconds;
        return (Bytes / seconds, Bytes / (Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds);
    }

    private static async Task TransferAsync(IFrameChannel from, IFrameChannel to, Push push, long bytes)
    {
        var frames = (int)(bytes >> 20);
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < frames; i++) await from.SendAsync((uint)i, push);
        });
        for (var i = 0; i < frames; i++)
        {
            if (await to.ReceiveAsync() is null) throw new InvalidOperationException("The channel ended.");
        }

        await sending;
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
