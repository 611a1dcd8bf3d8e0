using System.Globalization;
using NSec.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Bench.Abuse;

/// <summary>As many sessions as are let in begin a PUSH of 4 MiB and stop a few bytes before its end.</summary>
internal sealed class UnfinishedFrames(ITransport transport) : IAttack
{
    private const int Sessions = 64;
    private const int FrameBytes = 4 * 1024 * 1024 - 64 * 1024;

    public string Name => transport.Kind == TransportKind.Quic ? "frames-quic" : "frames";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var (begun, refused) = (0, 0);
        using var admission = Key.Create(SignatureAlgorithm.Ed25519);
        var sessions = new List<RawSession>();
        for (var n = 0; n < Sessions && !stop.IsCancellationRequested; n++)
        {
            try
            {
                using var device = DeviceIdentity.Generate();
                var tap = new Tap(transport);
                var session = await RawSession.OpenAsync(tap, relay, device, admission, create: true).WaitAsync(stop);
                sessions.Add(session);
                tap.Last!.StopAfter(FrameBytes - 1024);
                var blobs = Enumerable.Range(1, 4).Select(i => new PushBlob(BlobId.New(), (ulong)i, new byte[FrameBytes / 4])).ToArray();
                _ = await session.SendAsync(new Push(blobs)).AsTask().WaitAsync(stop);
                begun++;
            }
            catch (Exception e) when (Expected.Is(e))
            {
                refused++;
            }
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        foreach (var session in sessions) await session.DisposeAsync();
        return string.Create(CultureInfo.InvariantCulture, $"{begun} frames of 4 MiB begun, {refused} refusals");
    }
}
