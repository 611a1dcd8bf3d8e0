using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Client;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using ZeroK.Wire;

namespace ZeroK.Bench.Crypto;

/// <summary>Managed bytes for each message once all is warm.</summary>
internal static class AllocationBench
{
    private const int Times = 2_000;

    public static void Run(Figures figures)
    {
        using var cipher = new CipherState(new byte[32], 0);
        using var other = new CipherState(new byte[32], 0);
        var (text, sealedText) = (new byte[16_384], new byte[16_384 + 16]);
        var session = BytesEach(() =>
        {
            cipher.Seal(default, text, sealedText);
            other.TryOpen(default, sealedText, text);
        });
        figures.Add("session message of 16 KiB, sealed and opened, allocated", F($"{session:0} bytes"), "none allowed");

        var output = new ArrayBufferWriter<byte>(4096);
        var ack = new Ack(new Cursor(5));
        var frame = BytesEach(() =>
        {
            output.ResetWrittenCount();
            WireCodec.Write(output, 7, ack);
        });
        figures.Add("frame written, allocated", F($"{frame:0} bytes"), "none allowed");

        using var secret = GroupSecret.Random();
        using var keys = new KeyRing(secret, 1);
        foreach (var size in new[] { 1024, 64 * 1024 })
        {
            var payload = RandomNumberGenerator.GetBytes(size);
            var (group, id) = (new GroupId(new byte[32]), BlobId.New());
            var header = new EnvelopeHeader(new DeviceId(new byte[32]), 1, new byte[32], 1, null);
            var envelope = Envelope.Seal(keys, group, id, header, payload);
            var sealing = BytesEach(() => Envelope.Seal(keys, group, id, header, payload));
            var array = BytesEach(() => GC.KeepAlive(new byte[envelope.Length]));
            figures.Add($"blob of {size / 1024} KiB sealed, allocated", F($"{sealing:#,0} bytes"), F($"its envelope alone: {array:#,0}; one array allowed"));
        }
    }

    private static double BytesEach(Action step)
    {
        for (var i = 0; i < 500; i++) step();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Times; i++) step();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Times;
    }

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
