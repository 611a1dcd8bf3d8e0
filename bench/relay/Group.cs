using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Bench.Relay;

/// <summary>A group with its admission key, and sessions of fresh devices in it.</summary>
internal sealed class Group : IDisposable
{
    private readonly Key _admission = Key.Create(SignatureAlgorithm.Ed25519);
    private bool _exists;

    /// <summary>Limits far above what a load from one address needs; everything else is the relay's default.</summary>
    public static string[] RoomForLoad { get; } =
    [
        "--Gateway:ConnectionsPerAddressMax=100000", "--Gateway:HandshakesPerAddressMax=100000", "--Gateway:HandshakesPerAddressPerSecond=100000", "--Gateway:HandshakesPerSecond=100000",
        "--Gateway:MessagesPerDevicePerSecond=1000000", "--Gateway:MessagesPerSecond=10000000", "--Gateway:WriteBytesPerAddressPerSecond=1000000000",
        "--Group:GroupBytesMax=10000000000", "--Gateway:HandshakesMax=100000",
    ];

    public async Task<RawSession> JoinAsync(RelayUnderTest relay)
    {
        using var device = DeviceIdentity.Generate();
        var session = await RawSession.OpenAsync(new TcpTransport(), relay, device, _admission, !_exists);
        _exists = true;
        return session;
    }

    public void Dispose() => _admission.Dispose();

    public static byte[] Body(int bytes) => RandomNumberGenerator.GetBytes(bytes);
}
