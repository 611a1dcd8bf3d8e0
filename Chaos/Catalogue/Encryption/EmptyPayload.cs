using ZeroK.Chaos.Scenarios;
using ZeroK.Chaos.Topology;
using ZeroK.Client;
using ZeroK.Client.Envelopes;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>E-ENC-05: a payload of no bytes arrives on every other device as a blob of no bytes; sealed and padded like any other.</summary>
public sealed class EmptyPayload : Scenario
{
    /// <inheritdoc/>
    public override string? WaitsFor(string tier) => tier == "mock" || Topologies.Has(tier) ? null : $"the topology of the tier {tier} is not built yet; the same course runs in memory and on real processes";

    /// <inheritdoc/>
    public override async Task RunAsync(ScenarioRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var bench = await GroupBench.StartAsync(run, cancellationToken).ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            var sender = bench.StartReader();
            var readers = new[] { bench.StartReader(), bench.StartReader() };
            var (before, after) = (run.Random.Next(4), run.Random.Next(4));
            byte[][] payloads = [.. Enumerable.Range(0, before).Select(i => new[] { (byte)i }), [], .. Enumerable.Range(0, after).Select(i => new[] { (byte)(100 + i) })];
            foreach (var payload in payloads) await sender.PushAsync(payload, cancellationToken: cancellationToken).ConfigureAwait(false);
            await sender.FlushAsync(cancellationToken).ConfigureAwait(false);
            foreach (var reader in readers) await ReadAsync(run, reader, payloads, cancellationToken).ConfigureAwait(false);
            run.That(readers.All(r => r.Status.Vector.Equals(sender.Status.Vector)), "the devices' version vectors differ");
            Sealed(run, bench.Author);
        }
    }

    private static async Task ReadAsync(ScenarioRun run, SyncClient reader, byte[][] payloads, CancellationToken cancellationToken)
    {
        var reading = new Reading(reader, cancellationToken);
        await using (reading.ConfigureAwait(false))
        {
            for (var i = 0; i < payloads.Length; i++)
            {
                var blob = await reading.NextAsync().ConfigureAwait(false);
                run.That(blob.Sequence == (ulong)i + 1, $"sequence {blob.Sequence} came in place of {i + 1}: the empty blob was left out");
                run.That(blob.Payload.Span.SequenceEqual(payloads[i]), "a blob's payload is not what was pushed");
            }

            run.That(reader.Status.Undecryptable == 0 && !reading.Events().OfType<Undecryptable>().Any(), "the empty blob was not opened");
        }
    }

    private static void Sealed(ScenarioRun run, Author author)
    {
        var (empty, one) = (author.Seal([]), author.Seal([7]));
        run.That(empty.Envelope.Length == one.Envelope.Length && empty.Envelope.Length == Envelope.SizeOf(0, 0), "an empty payload shows by its size");
        run.That(Envelope.TryOpen(author.Keys, author.Group, author.Id, empty.Id, empty.Envelope, out var opened) == UndecryptableReason.None && opened.Payload.IsEmpty, "an empty payload does not open");
        var at = run.Random.Next(5, empty.Envelope.Length);
        empty.Envelope[at] ^= (byte)(1 << run.Random.Next(8));
        run.That(Envelope.TryOpen(author.Keys, author.Group, author.Id, empty.Id, empty.Envelope, out _) == UndecryptableReason.WrongKeyOrTampered, "an empty payload is not authenticated");
    }
}
