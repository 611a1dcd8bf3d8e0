using System.Globalization;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Bench.Relay;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Bench.Abuse;

/// <summary>Sessions that ask for 127 full pages each and read nothing.</summary>
internal sealed class UnreadPages : IAttack
{
    private const int Sessions = 4;
    private const int Pulls = 127;

    public string Name => "pulls";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var asked = 0;
        using var admission = Key.Create(SignatureAlgorithm.Ed25519);
        using var writerKeys = DeviceIdentity.Generate();
        using var readerKeys = DeviceIdentity.Generate();
        var channels = new List<IFrameChannel>();
        try
        {
            await using (var writer = await RawSession.OpenAsync(new TcpTransport(), relay, writerKeys, admission, create: true))
            {
                channels.Add(await JoinAsync(relay, readerKeys, admission, stop));
                var body = Group.Body(1024 * 1024);
                for (ulong n = 1; n <= 8; n++) await writer.RequestAsync<PushAck>(new Push([new PushBlob(BlobId.New(), n, body)])).WaitAsync(stop);
            }

            while (channels.Count < Sessions)
            {
                using var more = DeviceIdentity.Generate();
                channels.Add(await JoinAsync(relay, more, admission, stop));
            }

            foreach (var channel in channels)
            {
                for (uint n = 2; n < Pulls + 2; n++)
                {
                    using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    patience.CancelAfter(500);
                    await channel.SendAsync(n, new Pull(Cursor.Zero, 100, WireLimits.PullBytesMax), patience.Token);
                    asked++;
                }
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        }
        catch (Exception e) when (Expected.Is(e))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        foreach (var channel in channels) await channel.DisposeAsync();
        return string.Create(CultureInfo.InvariantCulture, $"{asked} pages of 4 MiB asked for by {channels.Count} sessions");
    }

    // HELLO's answer is left unread too.
    private static async Task<IFrameChannel> JoinAsync(RelayUnderTest relay, DeviceIdentity device, Key admission, CancellationToken stop)
    {
        var connection = await new TcpTransport().ConnectAsync(relay.Endpoint, stop);
        var channel = await SecureChannel.ConnectAsync(connection, device, relay.Fingerprint, ChannelOptions.Default, stop);
        var key = admission.PublicKey.Export(KeyBlobFormat.RawPublicKey);
        var group = SHA256.HashData([.. "0ksync/1 group"u8, .. key]);
        byte[] text = [.. "0ksync/1 hello"u8, .. channel.HandshakeHash.Span, .. group, .. device.Id.Span];
        await channel.SendAsync(1, new Hello(new GroupId(group), device.SigningKey, key, SignatureAlgorithm.Ed25519.Sign(admission, text), false, default), stop);
        return channel;
    }
}
