using System.Text;
using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;
using ZeroK.Client;
using ZeroK.Client.Envelopes;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>The common course of the ciphertext scenarios: good, changed, good. The changed blob gives no byte and is reported, the session goes on; then the transport cipher itself is attacked, and a reconnect loses nothing.</summary>
public abstract class CiphertextScenario : Scenario
{
    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier == "mock" || Topologies.Has(tier) ? null : $"the topology of the tier {tier} is not built yet; the same course runs in memory and on real processes";

    /// <summary>The sizes of payloads that are attacked: both of the envelope's ciphers are met.</summary>
    private static readonly int[] Sizes = [0, 1, 64, 1000, 16 * 1024, 70_000];

    private protected sealed record Change(string What, AuthoredBlob Blob, UndecryptableReason Expected);

    /// <summary>What is changed in sealed blobs; each is shown to the envelope code, the last of each list also travels.</summary>
    /// <param name="run">For seeded choices.</param>
    /// <param name="blobs">Two of one author, in sequence.</param>
    private protected abstract IReadOnlyList<Change> Changes(ScenarioRun run, IReadOnlyList<AuthoredBlob> blobs);

    /// <summary>What else must hold.</summary>
    private protected virtual Task MoreAsync(ScenarioRun run, GroupBench bench, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public sealed override async Task RunAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var bench = await GroupBench.StartAsync(run, cancellationToken).ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            var author = bench.Author;
            var reader = bench.StartReader();
            var inbox = new Reading(reader, cancellationToken);
            await using (inbox.ConfigureAwait(false))
            {
                await GoodAsync(run, bench, inbox).ConfigureAwait(false);
                var texts = await ChangedAsync(run, bench, reader, inbox, cancellationToken).ConfigureAwait(false);
                await TransportAsync(run, bench, reader, inbox, cancellationToken).ConfigureAwait(false);
                texts.AddRange(inbox.Events().Select(e => e.ToString()));
                texts.AddRange(bench.LogLines);
                texts.AddRange(reader.Status.OpenProblems);
                texts.Add(reader.Status.LastError ?? "");
                Leaks.None(run, [.. bench.Secrets, .. inbox.Plaintexts], texts);
            }

            await MoreAsync(run, bench, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task GoodAsync(ScenarioRun run, GroupBench bench, Reading inbox)
    {
        var payload = Payload(run, 64);
        await bench.Author.PushAsync([bench.Author.Seal(payload)], inbox.Cancel).ConfigureAwait(false);
        var got = await inbox.NextAsync().ConfigureAwait(false);
        run.That(got.Payload.Span.SequenceEqual(payload), "a good blob did not arrive as it was sent");
    }

    private async Task<List<string>> ChangedAsync(ScenarioRun run, GroupBench bench, SyncClient reader, Reading inbox, CancellationToken cancellationToken)
    {
        var author = bench.Author;
        var texts = new List<string>();
        byte[][] payloads = [Payload(run, Sizes[run.Iteration % Sizes.Length]), Payload(run, Sizes[run.Iteration % Sizes.Length])];
        foreach (var payload in payloads.Where(p => p.Length > 16)) inbox.Plaintexts.Add(payload[..16]);
        AuthoredBlob[] blobs = [author.Seal(payloads[0]), author.Seal(payloads[1])];
        var changes = Changes(run, blobs);
        foreach (var change in changes) Refused(run, author, change);

        // One change a sequence, since a sequence is pushed once; the wire has no empty envelope.
        var travelling = changes.Where(c => c.Blob.Envelope.Length > 0).GroupBy(c => c.Blob.Sequence).Select(g => g.Last()).ToDictionary(c => c.Blob.Sequence);
        await author.PushAsync([.. blobs.Select(b => travelling.TryGetValue(b.Sequence, out var c) ? c.Blob : b)], cancellationToken).ConfigureAwait(false);
        foreach (var change in travelling.Values) run.Fault(change.What);
        var good = Payload(run, 200);
        await author.PushAsync([author.Seal(good)], cancellationToken).ConfigureAwait(false);

        foreach (var (blob, payload) in blobs.Zip(payloads).Where(b => !travelling.ContainsKey(b.First.Sequence)))
        {
            var whole = await inbox.NextAsync().ConfigureAwait(false);
            run.That(whole.Sequence == blob.Sequence && whole.Payload.Span.SequenceEqual(payload), "the blob beside the changed one did not arrive");
        }

        var next = await inbox.NextAsync().ConfigureAwait(false);
        run.That(next.Payload.Span.SequenceEqual(good), "not the next good blob was handed over, but something else");
        run.That(reader.Status.Undecryptable == travelling.Count, $"{reader.Status.Undecryptable} blobs are in quarantine, not {travelling.Count}");
        var events = await inbox.UntilAsync(e => e.OfType<Undecryptable>().Count() == travelling.Count).ConfigureAwait(false);
        foreach (var (change, told) in travelling.Values.Zip(events.OfType<Undecryptable>()))
            run.That(told.Reason == change.Expected && told.Sender == author.Id, $"{change.What} is called {told.Reason}, not {change.Expected}");
        run.That(!events.OfType<Disconnected>().Any(), "a changed blob ended the session");
        return texts;
    }

    private static void Refused(ScenarioRun run, Author author, Change change)
    {
        var envelope = change.Blob.Envelope;
        var reason = Envelope.TryOpen(author.Keys, author.Group, author.Id, change.Blob.Id, envelope, out var opened);
        run.That(reason == change.Expected, $"{change.What} is called {reason}, not {change.Expected}");
        run.That(opened.Payload.IsEmpty && opened.Header.Sequence == 0 && opened.Header.Label is null, $"{change.What} gave output");
        if (change.Expected != UndecryptableReason.WrongKeyOrTampered || envelope.Length < 29 + XChaCha20.TagSize) return;

        // The cipher itself: what it leaves in the caller's buffer.
        var buffer = new byte[envelope.Length - 29 - XChaCha20.TagSize];
        buffer.AsSpan().Fill(0xA5);
        run.That(!XChaCha20.TryOpen(author.Keys.Blob, envelope.AsSpan(5, XChaCha20.NonceSize), [], envelope.AsSpan(29), buffer), $"{change.What} opened");
        run.That(!buffer.AsSpan().ContainsAnyExcept((byte)0), $"{change.What} left bytes in the caller's buffer");
    }

    // A bit of the session's own cipher, on the reader's side: closed, reconnected, nothing lost.
    private static async Task TransportAsync(ScenarioRun run, GroupBench bench, SyncClient reader, Reading inbox, CancellationToken cancellationToken)
    {
        var before = inbox.Events().OfType<Disconnected>().Count();
        byte[][] payloads = [Payload(run, 300), Payload(run, 40_000), Payload(run, 0)];
        bench.Flip.Arm();
        foreach (var payload in payloads) await bench.Author.PushAsync([bench.Author.Seal(payload)], cancellationToken).ConfigureAwait(false);
        foreach (var payload in payloads)
        {
            var got = await inbox.NextAsync().ConfigureAwait(false);
            run.That(got.Payload.Span.SequenceEqual(payload), "after the transport was attacked a blob is lost, changed or out of order");
        }

        run.That(bench.Flip.Done == 1, "the attack on the transport took no effect");
        run.Fault("a bit of a session message was flipped");
        var events = await inbox.UntilAsync(e => e.OfType<Disconnected>().Count() > before).ConfigureAwait(false);
        run.That(events.OfType<Disconnected>().Last().Reason.Length > 20, "the end of the attacked session has no cause");
        run.That(!events.Any(e => e is Omission or Replay or Reordered or ChainBroken or RelayReset or Rollback), "the reconnect was reported as a fault of the relay");
        run.That(reader.Status.State is SyncState.Live or SyncState.Syncing, $"the client is {reader.Status.State} after the reconnect");
    }

    private protected static byte[] Payload(ScenarioRun run, int bytes)
    {
        var payload = new byte[bytes];
        run.Random.NextBytes(payload);
        Encoding.ASCII.GetBytes("plain:").AsSpan(0, Math.Min(6, bytes)).CopyTo(payload);
        return payload;
    }
}
