using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>S-BLOB-01: a bit of the ciphertext is flipped after encryption and before hashing, so that only the seal can tell; and on the way up and down, where the tree must.</summary>
public sealed class CorruptedBetweenEncryptAndHash : ContentScenario
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
            run.That(failure is ContentException, $"a changed piece gave {failure?.GetType().Name ?? "no error"}");
            run.That(content.AsSpan().StartsWith(bytes) && bytes.Length < content.Length, $"{bytes.Length} bytes were handed out of a changed content");
            run.That(asItArrives || bytes.Length == 0, "bytes were handed out before all was verified");
        }

        bench.Relay.OnTheWay = null;
        run.Healed("nothing is changed any more");
        var (whole, error) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(error is null && whole.AsSpan().SequenceEqual(content), "the content does not come back after the attack");
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var (reference, at) = await PutChangedAsync(run, bench.Sender.ContentKeys, bench.Sender.ContentPort, content, cancellationToken).ConfigureAwait(false);
        var (bytes, failure, _) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(failure is ContentException && bytes.Length == 0, FormattableString.Invariant($"an object changed at {at} before hashing gave {failure?.GetType().Name ?? "no error"} and {bytes.Length} bytes"));

        // On the way: the session's own cipher catches it, the connection goes, and the transfer goes on over the next.
        bench.ReceiverLink.Add("corrupt", Proxy.Direction.Downstream, ("percent", 20));
        var good = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        var getting = bench.GetAsync(good, cancellationToken);
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System))
            while (bench.ReceiverLink.Hits().Values.Sum() == 0 && !patience.IsCancellationRequested && !getting.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        if (bench.ReceiverLink.Hits().Values.Sum() > 0) run.Fault("bits flip on the receiver's line");
        bench.ReceiverLink.Heal();
        run.Healed("the line is clean");
        var (whole, error, _) = await getting.ConfigureAwait(false);
        run.That(error is null ? whole.AsSpan().SequenceEqual(content) : whole.Length == 0, "other bytes than the content's were handed out");
        if (error is not null) await bench.ComesBackAsync(run, good, content, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<(ContentReference Reference, int At)> PutChangedAsync(ScenarioRun run, ZeroK.Client.Keys.KeyRing keys, IContentPort port, byte[] content, CancellationToken cancellationToken)
    {
        var id = ContentId.New();
        var layout = new SealedLayout(content.Length);
        using var cipher = new SegmentCipher(keys, id, layout);
        using var stage = new MemoryStagedObject();
        using var source = new MemoryStream(content);
        var hash = await ContentSealer.SealAsync(cipher, source, stage, null, cancellationToken).ConfigureAwait(false);
        var changed = stage.Content;
        var at = run.Random.Next(changed.Length);
        changed[at] ^= (byte)(1 << run.Random.Next(8));
        var outboard = OutboardBuilder.Compute(changed, out var changedHash);
        run.Fault(FormattableString.Invariant($"bit of byte {at} flipped before hashing"));
        run.That(changedHash != hash, "BLAKE3 did not see a flipped bit");

        using var bad = new MemoryStagedObject();
        bad.WriteContent(0, changed);
        bad.WriteOutboard(0, outboard);
        var reference = new ContentReference { Id = id, Epoch = 1, Length = content.Length, Hash = changedHash };
        await new Upload(port, new TransferWindow(TimeProvider.System), reference, bad, new Retries(SyncOptions.Default), (_, _) => { }).RunAsync(cancellationToken).ConfigureAwait(false);
        return (reference, at);
    }

    private static async Task BeforeHashingAsync(ScenarioRun run, MemoryContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        var (reference, at) = await PutChangedAsync(run, bench.Keys, bench.Relay, content, cancellationToken).ConfigureAwait(false);
        var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(failure is ContentException, $"what was changed before hashing gave {failure?.GetType().Name ?? "no error"}");
        run.That(bytes.Length == 0, $"{bytes.Length} bytes were handed out");
        var (streamed, again) = await bench.GetAsync(reference, cancellationToken, asItArrives: true).ConfigureAwait(false);
        run.That(again is ContentException && streamed.Length <= at / SealedLayout.SegmentSize * SealedLayout.TextSize && content.AsSpan().StartsWith(streamed), "bytes of or behind the changed segment were handed out");
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
        await bench.Sender.ResumePutAsync(failure!.Transfer!.Value, null, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>S-BLOB-02: the object is changed where it lies, after its hash was taken: on the relay, and in the sender's staged copy.</summary>
public sealed class ModifiedAtRest : ContentScenario
{
    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        var (at, bit) = (run.Random.Next((int)reference.SealedLength), (byte)(1 << run.Random.Next(8)));
        bench.Relay.Damage(reference.Hash, bytes =>
        {
            bytes[at] ^= bit;
            run.That(Blake3.Hash(bytes) != reference.Hash, "BLAKE3 did not see a flipped bit");
        });
        run.Fault(FormattableString.Invariant($"bit of byte {at} of the stored object flipped"));
        foreach (var asItArrives in new[] { false, true })
        {
            var (bytes, failure) = await bench.GetAsync(reference, cancellationToken, asItArrives).ConfigureAwait(false);
            run.That(failure is ContentException, $"a changed object gave {failure?.GetType().Name ?? "no error"}");
            run.That(content.AsSpan().StartsWith(bytes) && bytes.Length <= at && (asItArrives || bytes.Length == 0), $"{bytes.Length} bytes were handed out of an object changed at {at}");
        }

        bench.Relay.Damage(reference.Hash, bytes => bytes[at] ^= bit);
        run.Healed("the object is as it was");
        var (whole, error) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(error is null && whole.AsSpan().SequenceEqual(content), "the content does not come back");
        await StagedAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        var file = bench.FileOf(reference.Hash);
        var at = run.Random.NextInt64(new FileInfo(file).Length);
        ProcessContentBench.Flip(file, at, (byte)(1 << run.Random.Next(8)));
        run.Fault(FormattableString.Invariant($"bit of byte {at} of the relay's file flipped"));
        var (bytes, failure, _) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(failure is not null && bytes.Length == 0, FormattableString.Invariant($"an object changed on disk gave {failure?.GetType().Name ?? "no error"} and {bytes.Length} bytes"));
        var again = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        run.Healed("the content is put again");
        await bench.ComesBackAsync(run, again, content, cancellationToken).ConfigureAwait(false);
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
        var again = await Failing.WithAsync(() => bench.Sender.ResumePutAsync(transfer.Id, null, cancellationToken)).ConfigureAwait(false);
        run.That(again is { InnerException: ContentException }, "a damaged staged copy was sent");
        run.That(!bench.Relay.Has(transfer.Reference.Hash) && bench.Outbox.Pushed.Count == 1, "a damaged object was accepted");
    }
}

/// <summary>S-BLOB-03: the stream is cut at a seeded offset, and the receiver killed.</summary>
public sealed class PartialTransfer : ContentScenario
{
    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run, bytesMin: 300_000);
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        var (cut, fetched, isCut) = (run.Random.NextInt64(reference.SealedLength), 0L, false);
        bench.Relay.OnTheWay = (_, bytes) =>
        {
            if (isCut) throw new IOException("The connection is cut.");
            isCut = fetched + bytes.Length > cut;
            if (isCut) bytes = bytes[..(int)(cut - fetched)];
            fetched += bytes.Length;
            return bytes;
        };
        var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.Fault(FormattableString.Invariant($"the stream is cut after {cut} of {reference.SealedLength} bytes"));
        run.That(isCut && failure is not null, "a cut transfer was taken for a whole one");
        run.That(bytes.Length == 0, $"{bytes.Length} bytes of a partial transfer were handed out");
        run.That(bench.Receiver.Transfers.Any(t => t.Id == reference.Id && !t.IsPut), "the partial transfer is not kept as such");

        bench.RestartReceiver();
        bench.Relay.OnTheWay = (_, piece) =>
        {
            fetched += piece.Length;
            return piece;
        };
        run.Healed("the connection is back; the receiver starts anew");
        var (whole, error) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(error is null && whole.AsSpan().SequenceEqual(content), "the content does not come back");

        // Parents of the tree come with the bytes: 64 for each group, and for each piece those on the path to it.
        var parents = (reference.SealedLength / Group * 64) + ((reference.SealedLength / TransferWindow.Min) + 4) * 64 * 16;
        run.That(fetched <= reference.SealedLength + (2 * Group) + parents, FormattableString.Invariant($"{fetched} bytes were fetched for an object of {reference.SealedLength}"));
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run, bytesMin: 1_000_000);
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        await bench.PushedAsync(cancellationToken).ConfigureAwait(false);
        var cut = 10_000 + run.Random.NextInt64(reference.SealedLength - 10_000);

        // The next connection ends after so many bytes, and so does each after it: the transfer must come to an end by itself, or be stopped.
        await bench.ReceiverLink.CutAsync().ConfigureAwait(false);
        bench.ReceiverLink.Add("limit_data", Proxy.Direction.Downstream, ("bytes", cut));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var getting = bench.GetAsync(reference, stop.Token);
        while (bench.ReceiverLink.Hits().Values.Sum() == 0 && !getting.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        run.Fault(FormattableString.Invariant($"the connection is cut after {cut} bytes"));
        await stop.CancelAsync().ConfigureAwait(false);
        var first = 0L;
        try
        {
            var (bytes, failure, moved) = await getting.ConfigureAwait(false);
            first = moved;
            run.That(failure is null ? bytes.AsSpan().SequenceEqual(content) : bytes.Length == 0, "bytes of a partial transfer were handed out");
            if (failure is null) return;
        }
        catch (OperationCanceledException)
        {
            run.That(bench.Receiver.ContentTransfers.Any(t => t.Id == reference.Id && !t.IsPut), "the partial transfer is not kept as such");
        }

        var kept = new DirectoryInfo(bench.ReceiverStages).GetFiles("*.sealed").Sum(f => f.Length);
        bench.ReceiverLink.Heal();
        await bench.RestartReceiverAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("the connection is back; the receiver starts anew");
        var (whole, error, fetched) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(error is null && whole.AsSpan().SequenceEqual(content), "the content does not come back");
        var parents = (reference.SealedLength / Group * 64) + (((reference.SealedLength / TransferWindow.Min) + 4) * 64 * 16);
        run.That(kept + fetched <= reference.SealedLength + (2 * Group) + parents, FormattableString.Invariant($"{kept} bytes were kept, and {fetched} fetched again, of an object of {reference.SealedLength} (first try: {first})"));
    }
}

/// <summary>S-BLOB-04: one plaintext is put twice.</summary>
public sealed class SamePlaintextTwice : ContentScenario
{
    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var ciphertexts = new List<byte[]>();
        var references = new List<ContentReference>();
        for (var i = 0; i < 2; i++)
        {
            references.Add(await bench.PutAsync(content, cancellationToken).ConfigureAwait(false));
            bench.Relay.Damage(references[i].Hash, bytes => ciphertexts.Add([.. bytes]));
            var (bytes, failure) = await bench.GetAsync(references[i], cancellationToken).ConfigureAwait(false);
            run.That(failure is null && bytes.AsSpan().SequenceEqual(content), "the content does not come back");
        }

        run.That(references[0].Hash != references[1].Hash, "the two hashes are the same");
        run.That(!ciphertexts[0].AsSpan().SequenceEqual(ciphertexts[1]), "the two ciphertexts are the same");
        var segments = ciphertexts.SelectMany(c => c.Chunk(SealedLayout.SegmentSize)).Select(s => Convert.ToHexString(Blake3.Hash(s).ToArray())).ToList();
        run.That(segments.Distinct().Count() == segments.Count, "two segments are the same");
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run);
        var (one, two) = (await bench.PutAsync(content, cancellationToken).ConfigureAwait(false), await bench.PutAsync(content, cancellationToken).ConfigureAwait(false));
        run.That(one.Hash != two.Hash, "the two hashes are the same");
        var files = await Task.WhenAll(File.ReadAllBytesAsync(bench.FileOf(one.Hash), cancellationToken), File.ReadAllBytesAsync(bench.FileOf(two.Hash), cancellationToken)).ConfigureAwait(false);
        run.That(files[0].Length == files[1].Length && !files[0].AsSpan().SequenceEqual(files[1]), "the two ciphertexts on the relay's disk are the same");
        foreach (var reference in new[] { one, two }) await bench.ComesBackAsync(run, reference, content, cancellationToken).ConfigureAwait(false);
    }
}
