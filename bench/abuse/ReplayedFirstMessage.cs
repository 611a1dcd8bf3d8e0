using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NSec.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Noise;

namespace ZeroK.Bench.Abuse;

/// <summary>One address sends a recorded first message again and again: nothing for it to compute, an answer with ML-KEM for the relay.</summary>
internal sealed class ReplayedFirstMessage : IAttack
{
    private const int AtOnce = 8;

    // Message 2: a longer answer than a refusal or a cookie.
    private const int AnswerBytesMin = 3000;

    public string Name => "replay";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var tap = new Tap();
        using (var admission = Key.Create(SignatureAlgorithm.Ed25519))
        using (var device = DeviceIdentity.Generate())
            await (await RawSession.OpenAsync(tap, relay, device, admission, create: true)).DisposeAsync();
        var recorded = tap.Last!.First;
        var (answers, tries) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            var buffer = new byte[8192];
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    Interlocked.Increment(ref tries);
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    socket.Bind(new IPEndPoint(IPAddress.Parse("127.9.9.9"), 0));
                    await socket.ConnectAsync(IPAddress.Loopback, relay.Endpoint.Port, stop);
                    await socket.SendAsync(recorded, stop);
                    var got = 0;
                    for (int read; got < AnswerBytesMin && (read = await socket.ReceiveAsync(buffer, stop)) > 0;) got += read;
                    if (got >= AnswerBytesMin) Interlocked.Increment(ref answers);
                }
                catch (Exception e) when (Expected.Is(e))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
                }
            }
        })));
        return string.Create(CultureInfo.InvariantCulture, $"{answers:#,0} answers to {tries:#,0} replays");
    }
}
