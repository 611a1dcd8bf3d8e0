using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>S-BLOB-01: a bit of the ciphertext is flipped after encryption and before hashing, so that only the seal can tell; and on the way up and down, where the tree must.</summary>
public sealed class CorruptedBetweenEncryptAndHash : BlobScenario
{
    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        await BeforeHashingAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
        await OnTheWayUpAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
        var reference = bench.Outbox.Pushed[^1];
        bench.Relay.OnTheWay = (_, bytes) =>
        {
            Flip(run, bytes);
            return bytes;
        };
        foreach (var asItArrives in new[] { false, true })
        {
            var (bytes, failure) = await bench.GetAsync(reference, cancellationToken, asItArrives).ConfigureAwait(false);
            run.Fault("each piece on its way down has a flipped bit");
            run.That(Promise.Detected, failure is ContentException, $"a changed piece gave {failure?.GetType().Name ?? "no error"}");
            run.That(Promise.Detected, content.AsSpan().StartsWith(bytes) && bytes.Length < content.Length, $"{bytes.Length} bytes were handed out of a changed content");
            run.That(Promise.Detected, asItArrives || bytes.Length == 0, "bytes were handed out before all was verified");
        }

        bench.Relay.OnTheWay = null;
        run.Healed("nothing is changed any more");
        await ComesBackAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);
        await CutShortAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var (reference, at) = await PutChangedAsync(run, bench.Sender.ContentKeys, bench.Sender.ContentPort, content, b => Blake3.Hash(b), cancellationToken).ConfigureAwait(false);
        var (bytes, failure, _) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(Promise.Detected, failure is ContentException && bytes.Length == 0, FormattableString.Invariant($"an object changed at {at} before hashing gave {failure?.GetType().Name ?? "no error"} and {bytes.Length} bytes"));
        await OnTheLineAsync(run, bench, cancellationToken).ConfigureAwait(false);
        await CutShortAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
    }

    // On the way: the session's own cipher catches it, the connection goes or the packet does, and the transfer goes on.
    private static async Task OnTheLineAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run, bytesMin: 1_000_000);
        var good = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        bench.ReceiverLink.Add("corrupt", Proxy.Direction.Downstream, ("percent", 20));
        var getting = bench.GetAsync(good, cancellationToken);
        await ProcessContentBench.HitAsync(bench.ReceiverLink, getting, cancellationToken).ConfigureAwait(false);
        run.That(bench.ReceiverLink.Hits().Values.Sum() > 0, "no bit flipped on the line");
        run.Fault("bits flip on the receiver's line");
        bench.ReceiverLink.Heal();
        run.Healed("the line is clean");
        var (whole, error, _) = await getting.ConfigureAwait(false);
        run.That(Promise.Detected, error is null ? whole.AsSpan().SequenceEqual(content) : whole.Length == 0, "other bytes than the content's were handed out");
        if (error is not null) await bench.ComesBackAsync(run, good, content, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<(ContentReference Reference, int At)> PutChangedAsync(ScenarioRun run, ZeroK.Client.Keys.KeyRing keys, IContentPort port, byte[] content, Func<byte[], ContentHash> hashOf, CancellationToken cancellationToken)
    {
        var id = ContentId.New();
        var layout = new SealedLayout(content.Length);
        using var cipher = new SegmentCipher(keys, id, layout);
        using var stage = new MemoryStagedObject();
        using var source = new MemoryStream(content);
        await ContentSealer.SealAsync(cipher, source, stage, null, cancellationToken).ConfigureAwait(false);
        var changed = stage.Content;
        var hash = hashOf(changed);
        var at = run.Random.Next(changed.Length);
        changed[at] ^= (byte)(1 << run.Random.Next(8));
        var outboard = OutboardBuilder.Compute(changed, out var changedHash);
        run.Fault(FormattableString.Invariant($"bit of byte {at} flipped before hashing"));
        run.That(Promise.OneBit, hashOf(changed) != hash, "the hash is the same with a flipped bit");

        using var bad = new MemoryStagedObject();
        bad.WriteContent(0, changed);
        bad.WriteOutboard(0, outboard);
        var reference = new ContentReference { Id = id, Epoch = 1, Length = content.Length, Hash = changedHash };
        await new Upload(port, new TransferWindow(TimeProvider.System), reference, bad, new Retries(SyncOptions.Default), (_, _) => { }).RunAsync(cancellationToken).ConfigureAwait(false);
        return (reference, at);
    }

    private static async Task BeforeHashingAsync(ScenarioRun run, MemoryContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        var (reference, at) = await PutChangedAsync(run, bench.Keys, bench.Relay, content, b => bench.Parts.Hash(b), cancellationToken).ConfigureAwait(false);
        var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(Promise.Detected, failure is ContentException, $"what was changed before hashing gave {failure?.GetType().Name ?? "no error"}");
        run.That(Promise.Detected, bytes.Length == 0, $"{bytes.Length} bytes were handed out");
        var (streamed, again) = await bench.GetAsync(reference, cancellationToken, asItArrives: true).ConfigureAwait(false);
        run.That(Promise.Detected, again is ContentException && streamed.Length <= at / SealedLayout.SegmentSize * SealedLayout.TextSize && content.AsSpan().StartsWith(streamed), "bytes of or behind the changed segment were handed out");
    }

    private static async Task OnTheWayUpAsync(ScenarioRun run, MemoryContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        bench.Relay.OnTheWay = (_, bytes) =>
        {
            Flip(run, bytes);
            return bytes;
        };
        var failure = await Failing.PutAsync(bench, content, cancellationToken).ConfigureAwait(false);
        run.Fault("each piece on its way up has a flipped bit");
        run.That(failure is { Transfer: not null }, "a put that the relay could not verify did not fail, or was not kept");
        run.That(bench.Outbox.Pushed.Count == 0, "the reference of an unsent content went to the group");
        run.That(bench.Relay.Stored == 1, "the relay accepted a changed object");
        bench.Relay.OnTheWay = null;
        await bench.Sender.ResumePutAsync(failure!.Transfer!.Value, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-BLOB-02: the object is changed where it lies, after its hash was taken: on the relay, and in the sender's staged copy.</summary>
public sealed class ModifiedAtRest : BlobScenario
{
    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        await FlippedAtRestAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);
        await StagedAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
        await CutShortAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        await FlippedAtRestAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
        await CutShortAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
    }

    private static async Task StagedAsync(ScenarioRun run, MemoryContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        bench.Relay.QuotaBytes = 0;
        var failure = await Failing.PutAsync(bench, content, cancellationToken).ConfigureAwait(false);
        bench.Relay.QuotaBytes = long.MaxValue;
        var transfer = bench.Sender.Transfers.Single(t => t.Id == failure!.Transfer);
        using (var stage = bench.SenderStore.Open(TransferKind.Put, transfer.Id))
        {
            var one = new byte[1];
            var at = run.Random.Next((int)transfer.Reference.SealedLength);
            stage.ReadContent(at, one);
            stage.WriteContent(at, [(byte)(one[0] ^ 1)]);
        }

        run.Fault("a bit of the sender's staged copy flipped");
        var again = await Failing.WithAsync(() => bench.Sender.ResumePutAsync(transfer.Id, cancellationToken)).ConfigureAwait(false);
        run.That(again is { InnerException: ContentException }, "a damaged staged copy was sent");
        run.That(!bench.Relay.Has(transfer.Reference.Hash) && bench.Outbox.Pushed.Count == 1, "a damaged object was accepted");
    }
}

/// <summary>S-BLOB-04: one plaintext is put twice.</summary>
public sealed class SamePlaintextTwice : ContentScenario
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => [Promise.CiphertextsDiffer, Promise.SameContent];

    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var ciphertexts = new List<byte[]>();
        var references = new List<ContentReference>();
        for (var i = 0; i < 2; i++)
        {
            references.Add(await bench.PutAsync(content, cancellationToken).ConfigureAwait(false));
            bench.Relay.Damage(references[i].Hash, bytes => ciphertexts.Add([.. bytes]));
        }

        run.That(Promise.CiphertextsDiffer, references[0].Hash != references[1].Hash, "the two hashes are the same");
        run.That(Promise.CiphertextsDiffer, !ciphertexts[0].AsSpan().SequenceEqual(ciphertexts[1]), "the two ciphertexts are the same");
        var segments = ciphertexts.SelectMany(c => c.Chunk(SealedLayout.SegmentSize)).Select(s => Convert.ToHexString(Blake3.Hash(s).ToArray())).ToList();
        run.That(Promise.CiphertextsDiffer, segments.Distinct().Count() == segments.Count, "two segments are the same");
        foreach (var reference in references)
        {
            var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
            run.That(Promise.SameContent, failure is null && bytes.AsSpan().SequenceEqual(content), $"one of them gave {failure?.Message ?? "other bytes"}");
        }
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var (one, two) = (await bench.PutAsync(content, cancellationToken).ConfigureAwait(false), await bench.PutAsync(content, cancellationToken).ConfigureAwait(false));
        run.That(Promise.CiphertextsDiffer, one.Hash != two.Hash, "the two hashes are the same");
        var files = await Task.WhenAll(File.ReadAllBytesAsync(bench.FileOf(one.Hash), cancellationToken), File.ReadAllBytesAsync(bench.FileOf(two.Hash), cancellationToken)).ConfigureAwait(false);
        run.That(Promise.CiphertextsDiffer, files[0].Length == files[1].Length && !files[0].AsSpan().SequenceEqual(files[1]), "the two ciphertexts on the relay's disk are the same");
        foreach (var reference in new[] { one, two })
        {
            var (bytes, failure, _) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
            run.That(Promise.SameContent, failure is null && bytes.AsSpan().SequenceEqual(content), $"one of them gave {failure?.Message ?? "other bytes"}");
        }
    }
}
