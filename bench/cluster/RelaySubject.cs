using System.Diagnostics;
using System.Security.Cryptography;
using NSec.Cryptography;
using ZeroK.Chaos.Cluster;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Bench.Cluster;

/// <summary>Pushes over sessions to relays of a cluster, one group a session, the sessions spread over the relays.</summary>
internal static class RelaySubject
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Measured> RunAsync(string relayDll, int relays, int sessions, int inFlight, int blobs, int bytes, TimeSpan time)
    {
        string[] room = ["--public-address", "127.0.0.1", "--Gateway:MessagesPerDevicePerSecond=1000000", "--Gateway:MessagesPerSecond=10000000", "--Group:GroupBytesMax=100000000000"];
        await using var nodes = await Nodes.StartAsync(relayDll, relays, room, CancellationToken.None);
        var open = new List<(WireSession Session, Key Admission, DeviceIdentity Device)>();
        for (var i = 0; i < sessions; i++)
        {
            var (admission, device) = (Key.Create(SignatureAlgorithm.Ed25519), DeviceIdentity.Generate());
            open.Add((await WireSession.OpenWhereBestAsync(new TcpTransport(), nodes.EndpointOf(i % relays), nodes.Fingerprint, device, admission, Patience, null, CancellationToken.None), admission, device));
        }

        var body = RandomNumberGenerator.GetBytes(bytes);
        var workers = open.SelectMany(o => new SessionPusher(o.Session, body, blobs).Workers(inFlight)).ToList();
        var measured = await Load.RunAsync(
            FormattableString.Invariant($"ZeroK, {relays} relay{(relays == 1 ? "" : "s")}, {sessions} sessions with {inFlight} PUSH of {blobs} blob{(blobs == 1 ? "" : "s")} under way"),
            workers, time, () => [("relays", ProcessorTime.Of([.. nodes.Relays.Select(r => r.ProcessId)])), ("PostgreSQL", ProcessorTime.OfTree(nodes.Server.ProcessId)), ("devices", Process.GetCurrentProcess().TotalProcessorTime)], blobs);
        foreach (var (session, admission, device) in open)
        {
            await session.DisposeAsync();
            admission.Dispose();
            device.Dispose();
        }

        return measured;
    }

    /// <summary>One device's pushes: sequences go out in order, whoever of the workers sends.</summary>
    private sealed class SessionPusher(WireSession session, byte[] body, int blobs)
    {
        private readonly Lock _gate = new();
        private ulong _sequence;

        public IEnumerable<Func<Task>> Workers(int inFlight) => Enumerable.Repeat<Func<Task>>(PushAsync, inFlight);

        private async Task PushAsync()
        {
            // The request is queued before the lock is left, so that sequences go out in order.
            Task<PushAck> reply;
            lock (_gate)
            {
                var batch = new PushBlob[blobs];
                for (var i = 0; i < blobs; i++) batch[i] = new PushBlob(BlobId.New(), ++_sequence, body);
                reply = session.RequestAsync<PushAck>(new Push(batch), Patience, CancellationToken.None);
            }

            foreach (var result in (await reply).Results)
            {
                if (result.Code != Wire.ErrorCode.None) throw new InvalidOperationException($"A push was refused: {result.Code}");
            }
        }
    }
}
