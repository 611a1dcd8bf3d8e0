using ZeroK.Channel;
using ZeroK.Chaos.Scenarios;
using ZeroK.Noise;
using ZeroK.Noise.Internal;
using ZeroK.Transport;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>How a handshake of the product with a reference peer ended.</summary>
/// <param name="Channel">The product's session; null if there is none.</param>
/// <param name="Error">Why not.</param>
/// <param name="PeerDone">The peer got through its four messages.</param>
internal sealed record PeerOutcome(IFrameChannel? Channel, ChannelException? Error, bool PeerDone) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Channel?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The product against a reference peer, in memory.</summary>
internal static class HybridOnly
{
    private static readonly ChannelOptions Options = ChannelOptions.Default with { HandshakeTimeout = TimeSpan.FromSeconds(5) };

    /// <summary>Runs one handshake; <paramref name="peerInitiates"/>: the product plays the relay.</summary>
    public static async Task<(ReferencePeer Peer, PeerOutcome Outcome, WatchedConnection Product)> MeetAsync(bool peerInitiates, Func<IConnection, ReferencePeer> make, StaticIdentity product, CancellationToken cancellationToken)
    {
        var network = new MemoryNetwork();
        await using var listener = await network.ListenAsync("peer", 0, cancellationToken).ConfigureAwait(false);
        var connecting = await network.ConnectAsync(new RelayEndpoint("peer", 0), cancellationToken).ConfigureAwait(false);
        var accepted = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        var watched = new WatchedConnection(peerInitiates ? accepted : connecting);
        var peerSide = peerInitiates ? connecting : accepted;
        var peer = make(peerSide);
        var running = PeerAsync(peer, peerSide, cancellationToken);
        try
        {
            var channel = peerInitiates
                ? await SecureChannel.AcceptAsync(watched, product, Options, cancellationToken).ConfigureAwait(false)
                : await SecureChannel.ConnectAsync(watched, product, peer.Fingerprint(), Options, cancellationToken).ConfigureAwait(false);
            return (peer, new PeerOutcome(channel, null, await running.ConfigureAwait(false)), watched);
        }
        catch (ChannelException e)
        {
            return (peer, new PeerOutcome(null, e, await running.ConfigureAwait(false)), watched);
        }
    }

    /// <summary>Asserts the name, that the honest hybrid works, and that neither half alone is a way in, whichever side leaves the other half out.</summary>
    public static async Task CheckAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        run.That(NoisePattern.HybridXX.ProtocolName(NoiseHash.Blake2s) == ReferenceSchedule.HybridName, "the protocol's name is not that of the hybrid");
        using var product = StaticIdentity.Generate();
        var peerInitiates = run.Random.Next(2) == 0;
        var (honest, good, _) = await MeetAsync(peerInitiates, c => new ReferencePeer(c, peerInitiates), product, cancellationToken).ConfigureAwait(false);
        await using (good.ConfigureAwait(false))
        {
            run.That(good.Channel is not null && good.PeerDone, $"the hybrid by the book got no session: {good.Error?.Message}");
            run.That(good.Channel!.HandshakeHash.Span.SequenceEqual(honest.Schedule.Hash), "the handshake hash is not the one that the book gives");
        }

        var withoutKem = run.Random.Next(2) == 0;
        var name = withoutKem && run.Random.Next(2) == 0 ? "Noise_XX_25519_ChaChaPoly_BLAKE2s" : ReferenceSchedule.HybridName;
        ReferencePeer Half(IConnection c) => new(c, peerInitiates, name) { Bend = (token, secret) => token.Contains("kem", StringComparison.Ordinal) == withoutKem ? null : secret };
        var (half, bad, watched) = await MeetAsync(peerInitiates, Half, product, cancellationToken).ConfigureAwait(false);
        await using (bad.ConfigureAwait(false))
        {
            run.That(bad.Channel is null && !bad.PeerDone, $"a session without {(withoutKem ? "ML-KEM" : "X25519")}");
            run.That(bad.Error is { Failure: not ChannelFailure.Timeout, HandshakeMessage: >= 1 }, "half a handshake was not refused with its cause");
            run.That(watched.IsDisposed, "the connection of half a handshake is still held");
            Leaks.None(run, [.. half.Secrets, .. Leaks.SecretsOf(product)], [bad.Error!.ToString()]);
        }
    }

    private static async Task<bool> PeerAsync(ReferencePeer peer, IConnection connection, CancellationToken cancellationToken)
    {
        var done = await peer.RunAsync(cancellationToken).ConfigureAwait(false);

        // Closed in order, so that the product has read what was sent.
        if (!done)
        {
            try
            {
                await connection.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (TransportException)
            {
                return false;
            }
        }

        return done;
    }
}
