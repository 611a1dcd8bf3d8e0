using ZeroK.Channel;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;
using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>E-PQ-03: a wrong ML-KEM secret beside a right X25519 exchange, and the reverse. Neither makes a session; and the session keys of a right one are recomputed: they need both.</summary>
public sealed class MLKEMFailsWhileX25519IsValid : Scenario
{
    // Who is attacked, which secret is wrong, and what the product then names. One seal can't tell which secret of message 2 was wrong; the product names the newer, ML-KEM.
    private static readonly (bool PeerInitiates, string Token, ChannelFailure Cause)[] Bends =
    [
        (false, "ekem", ChannelFailure.MlKem),
        (true, "skem", ChannelFailure.MlKem),
        (false, "skem4", ChannelFailure.MlKem),
        (false, "ee", ChannelFailure.MlKem),
        (false, "es", ChannelFailure.Cipher),
        (true, "se", ChannelFailure.Cipher),
    ];

    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier == "mock" || Topologies.Has(tier) ? null : $"the topology of the tier {tier} is not built yet; the same course runs in memory and on real processes";

    /// <inheritdoc/>
    public override async Task RunAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        await HybridOnly.CheckAsync(run, cancellationToken).ConfigureAwait(false);
        using var product = StaticIdentity.Generate();
        var (peerInitiates, token, cause) = Bends[run.Iteration % Bends.Length];
        var wrong = new byte[32];
        run.Random.NextBytes(wrong);
        var (peer, outcome, watched) = await HybridOnly.MeetAsync(peerInitiates, c => new ReferencePeer(c, peerInitiates) { Bend = (t, s) => t == token ? wrong : s }, product, cancellationToken).ConfigureAwait(false);
        await using (outcome.ConfigureAwait(false))
        {
            run.Fault($"a wrong secret at {token}");
            run.That(outcome.Channel is null, $"a session in spite of a wrong secret at {token}");
            run.That(outcome.Error!.Failure == cause, $"a wrong secret at {token} is called {outcome.Error.Failure} at message {outcome.Error.HandshakeMessage}, not {cause}");
            run.That(outcome.Error.Message.Contains(cause == ChannelFailure.MlKem ? "ML-KEM" : "seal", StringComparison.Ordinal), $"the error names no component: {outcome.Error.Message}");
            run.That(watched.IsDisposed, "the connection is still held");
            Leaks.None(run, [.. peer.Secrets, wrong, .. Leaks.SecretsOf(product)], [outcome.Error.ToString()]);
        }

        await RecomputeAsync(run, product, cancellationToken).ConfigureAwait(false);
        if (run.Tier != "mock") await RelayAsync(run, wrong, cancellationToken).ConfigureAwait(false);
    }

    // The real relay: a peer by the book gets an answer to a HELLO that only the recomputed keys seal and open; a bent one gets no session.
    private static async Task RelayAsync(ScenarioRun run, byte[] wrong, CancellationToken cancellationToken)
    {
        var bench = await ProcessBench.StartAsync(run, cancellationToken).ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            run.That(await bench.MeetAsync((_, secret) => secret, cancellationToken).ConfigureAwait(false) == "", "the relay does not answer under the recomputed keys");
            var (token, cause) = run.Iteration % 2 == 0 ? ("skem", ChannelFailure.MlKem) : ("se", ChannelFailure.Cipher);
            var said = await bench.MeetAsync((t, secret) => t == token ? wrong : secret, cancellationToken).ConfigureAwait(false);
            run.Fault($"the relay got a wrong secret at {token}");
            run.That(said.Contains(cause.ToString(), StringComparison.Ordinal), $"the relay says '{said}' of a wrong secret at {token}, not {cause}");
            await bench.NothingLeftAsync(run, cancellationToken).ConfigureAwait(false);
        }
    }

    // The product seals a frame; only the keys of the whole chain of six secrets open it.
    private static async Task RecomputeAsync(ScenarioRun run, StaticIdentity product, CancellationToken cancellationToken)
    {
        var (peer, outcome, _) = await HybridOnly.MeetAsync(false, c => new ReferencePeer(c, false), product, cancellationToken).ConfigureAwait(false);
        await using (outcome.ConfigureAwait(false))
        {
            run.That(outcome.Channel is not null, $"the hybrid by the book got no session: {outcome.Error?.Message}");
            await outcome.Channel!.SendAsync(1, new ListDevices(), cancellationToken).ConfigureAwait(false);
            var message = await peer.NextSealedAsync(cancellationToken).ConfigureAwait(false) ?? throw new ScenarioFailedException("the product sent nothing");
            var all = peer.Schedule.Mixed;
            run.That(all.Select(m => m.Token).SequenceEqual(["ekem", "ee", "es", "skem", "se", "skem4"]), "the transcript has other secrets than three of each kind");
            run.That(Opens(all), "the recomputed key does not open the session's first message");
            run.That(!Opens(all.Where(m => IsKem(m.Token))), "the ML-KEM secrets alone give the session key");
            run.That(!Opens(all.Where(m => !IsKem(m.Token))), "the X25519 secrets alone give the session key");
            for (var i = 0; i < all.Count; i++)
            {
                run.That(!Opens(all.Take(i)), $"the first {i} secrets give the session key");
                run.That(!Opens(all.Where((_, n) => n != i)), $"the session key does not need {all[i].Token}");
                run.That(!Opens(all.Take(i).Where(m => IsKem(m.Token))) && !Opens(all.Take(i).Where(m => !IsKem(m.Token))), $"one kind out of the first {i} secrets gives the session key");
            }

            bool Opens(IEnumerable<(string Token, byte[] Secret)> secrets) =>
                ReferenceSchedule.OpenWith(ReferenceSchedule.Keys(ReferenceSchedule.HybridName, secrets.Select(s => s.Secret)).Up, 0, [], message) is not null;
        }
    }

    private static bool IsKem(string token) => token.Contains("kem", StringComparison.Ordinal);
}
