using System.Globalization;
using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>The common course of the store scenarios: contents wait, the store fails in its way, recovers, and all that waited is sent once; then what all of them promise of reads and quotas.</summary>
public abstract class StoreScenario : ContentScenario
{
    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var contents = Enumerable.Range(0, 3).Select(_ => Content(run, bytesMin: 60_000)).ToList();
        var sent = new List<(ContentReference Reference, byte[] Content)>();
        await FailAsync(run, bench, contents, cancellationToken).ConfigureAwait(false);

        // Marked unsent: kept as a put, and no reference in the group. A new start knows them too.
        var unsent = bench.Sender.Transfers.Where(t => t.IsPut).Select(t => t.Id).ToHashSet();
        run.That(unsent.Count == contents.Count, $"{unsent.Count} of {contents.Count} failed puts are marked unsent");
        run.That(bench.Outbox.Pushed.Count == 0, "a reference went to the group without its content");
        bench.RestartSender();
        run.That(bench.Sender.Transfers.Count(t => unsent.Contains(t.Id)) == unsent.Count, "a restart forgot an unsent put");

        Heal(bench);
        run.Healed("the store works again");
        var before = bench.Relay.Calls.Count;
        foreach (var id in unsent) await bench.Sender.ResumePutAsync(id, null, cancellationToken).ConfigureAwait(false);
        run.That(bench.Outbox.Pushed.Count == contents.Count && bench.Outbox.Pushed.Select(r => r.Id).ToHashSet().SetEquals(unsent), "after recovery a put was skipped or sent twice");
        run.That(bench.Sender.Transfers.Count == 0, "something is still marked unsent");
        var puts = bench.Relay.Calls.Skip(before).Where(c => c.Call == ContentCall.Put).ToList();
        run.That(puts.Select(c => (c.Hash, c.Offset)).Distinct().Count() == puts.Count, "a piece was sent twice after recovery");
        foreach (var reference in bench.Outbox.Pushed)
        {
            var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
            run.That(failure is null && contents.Any(c => bytes.AsSpan().SequenceEqual(c)), "a content does not come back");
            sent.Add((reference, bytes));
        }

        await ReadsAsync(run, bench, sent[0].Reference, sent[0].Content, cancellationToken).ConfigureAwait(false);
        await QuotaAsync(run, bench, contents[0], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same with a real relay: its disk, its quota, its process.</summary>
    private protected sealed override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var contents = Enumerable.Range(0, 3).Select(_ => Content(run, bytesMin: 60_000)).ToList();
        var heal = await FailAsync(run, bench, contents, cancellationToken).ConfigureAwait(false);
        var unsent = bench.Sender.ContentTransfers.Where(t => t.IsPut).Select(t => t.Id).ToHashSet();
        run.That(unsent.Count == contents.Count, $"{unsent.Count} of {contents.Count} failed puts are marked unsent");
        await bench.RestartSenderAsync(cancellationToken).ConfigureAwait(false);
        run.That(bench.Sender.ContentTransfers.Count(t => unsent.Contains(t.Id)) == unsent.Count, "a restart forgot an unsent put");
        await using (heal.ConfigureAwait(false))
        {
            await heal.HealAsync().ConfigureAwait(false);
            run.Healed("the store works again");
            run.That((await bench.PushedAsync(cancellationToken).ConfigureAwait(false)).Count == 0, "a reference went to the group without its content");
            foreach (var id in unsent) await bench.Sender.ResumePutAsync(id, null, cancellationToken).ConfigureAwait(false);
            var pushed = await bench.PushedAsync(cancellationToken).ConfigureAwait(false);
            run.That(pushed.Count == contents.Count && pushed.Select(r => r.Id).ToHashSet().SetEquals(unsent) && bench.Sender.ContentTransfers.Count == 0, "after recovery a put was skipped or sent twice");
            foreach (var reference in pushed)
            {
                var (bytes, failure, _) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
                run.That(failure is null && contents.Any(c => bytes.AsSpan().SequenceEqual(c)), $"a content does not come back: {failure?.Message}");
            }

            var file = bench.FileOf(pushed[0].Hash);
            ProcessContentBench.Flip(file, run.Random.NextInt64(new FileInfo(file).Length), 1);
            var (none, detected, _) = await bench.GetAsync(pushed[0], cancellationToken).ConfigureAwait(false);
            run.That(detected is not null && none.Length == 0, "corruption on reading was not detected by the hash");
            await QuotaAsync(run, bench, cancellationToken).ConfigureAwait(false);
        }
    }

    private protected sealed override IReadOnlyList<string> RelaySettings => [FormattableString.Invariant($"--Content:GroupBytesMax={QuotaBytes}")];

    /// <summary>What the group may use on the real relay.</summary>
    private protected virtual long QuotaBytes => 40_000_000;

    /// <summary>Puts all contents while the real store fails; none may go through. Returns what takes the fault away.</summary>
    private protected abstract Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken);

    /// <summary>Puts each on the real relay and looks at how it fails.</summary>
    private protected static async Task EachFailsAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, string what, Func<ContentTransferException, bool> isRight, CancellationToken cancellationToken)
    {
        foreach (var content in contents)
        {
            var failure = await Failing.WithAsync(() => bench.PutAsync(content, cancellationToken)).ConfigureAwait(false);
            run.Fault(what);
            run.That(failure is { Transfer: not null } && failure.Message.Length > 20, "a failed write was not reported to the caller with its cause");
            run.That(isRight(failure!), $"the error is another one: {failure!.Code}, {failure.Message}");
        }
    }

    private async Task QuotaAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = new byte[QuotaBytes];
        var failure = await Failing.WithAsync(() => bench.PutAsync(content, cancellationToken)).ConfigureAwait(false);
        run.That(failure is { Code: ErrorCode.GroupQuotaExceeded, Transfer: not null, Quota: not null }, $"a put over the quota gave {failure?.Code.ToString() ?? "no error"}");
        foreach (var number in new[] { QuotaBytes, failure!.Quota!.UsedBytes, failure.Quota.NeededBytes })
            run.That(failure.Message.Contains(number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), "the quota error's text does not name limit, use and need");
        run.That(failure.Quota.LimitBytes == QuotaBytes && failure.Quota.NeededBytes == new SealedLayout(content.Length).SealedLength, $"the quota error names {failure.Quota}");
    }

    /// <summary>Puts all contents while the store fails; none may go through.</summary>
    private protected abstract Task FailAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken);

    /// <summary>Takes the fault away.</summary>
    private protected virtual void Heal(MemoryContentBench bench)
    {
        bench.Relay.Before = null;
        bench.Relay.OnTheWay = null;
        bench.Relay.QuotaBytes = long.MaxValue;
    }

    /// <summary>Puts each and looks at how it fails.</summary>
    private protected static async Task EachFailsAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, string what, Func<ContentTransferException, bool> isRight, CancellationToken cancellationToken)
    {
        foreach (var content in contents)
        {
            var failure = await Failing.PutAsync(bench, content, cancellationToken).ConfigureAwait(false);
            run.Fault(what);
            run.That(failure is { Transfer: not null } && failure.Message.Length > 20, "a failed write was not reported to the caller with its cause");
            run.That(isRight(failure!), $"the error is another one: {failure!.Code}, {failure.Message}");
        }
    }

    private static async Task ReadsAsync(ScenarioRun run, MemoryContentBench bench, ContentReference reference, byte[] content, CancellationToken cancellationToken)
    {
        var (at, bit) = (run.Random.Next((int)reference.SealedLength), (byte)(1 << run.Random.Next(8)));
        bench.Relay.Damage(reference.Hash, bytes => bytes[at] ^= bit);
        var (none, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(failure is ContentException && none.Length == 0, "corruption on reading was not detected by the hash");
        bench.Relay.Damage(reference.Hash, bytes => bytes[at] ^= bit);
        var (bytes, error) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(error is null && bytes.AsSpan().SequenceEqual(content), "the content does not come back after a bad read");
    }

    /// <summary>A quota error names limit, use and need, and the put goes through when there is room.</summary>
    private protected static async Task QuotaAsync(ScenarioRun run, MemoryContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        var need = new SealedLayout(content.Length).SealedLength;
        var used = bench.Outbox.Pushed.Sum(r => r.SealedLength);
        bench.Relay.QuotaBytes = used + need - 1;
        var failure = await Failing.PutAsync(bench, content, cancellationToken).ConfigureAwait(false);
        run.That(failure is { Code: ErrorCode.GroupQuotaExceeded, Transfer: not null }, $"a put over the quota gave {failure?.Code.ToString() ?? "no error"}");
        run.That(failure!.Quota == new ContentQuota(used + need - 1, used, need), $"the quota error names {failure.Quota}");
        foreach (var number in new[] { used + need - 1, used, need })
            run.That(failure.Message.Contains(number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), "the quota error's text does not name limit, use and need");
        bench.Relay.QuotaBytes = used + need;
        var pushed = bench.Outbox.Pushed.Count;
        await bench.Sender.ResumePutAsync(failure.Transfer!.Value, null, cancellationToken).ConfigureAwait(false);
        run.That(bench.Outbox.Pushed.Count == pushed + 1, "the put did not go through when there was room");
        bench.Relay.QuotaBytes = long.MaxValue;
    }
}

/// <summary>C-STOR-01: the relay's store errors after half of an object's bytes; and the sender's own disk is full.</summary>
public sealed class WriteFailsMidObject : StoreScenario
{
    private protected override async Task FailAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        var written = new Dictionary<ContentHash, long>();
        bench.Relay.Before = call =>
        {
            if (call.Call != ContentCall.Put) return Task.CompletedTask;
            var half = contents.Min(c => c.Length) / 2;
            var before = written.GetValueOrDefault(call.Hash);
            if (before + call.Count > half) throw new ContentRefusedException(ErrorCode.StoreUnavailable, 0, "The relay's store can't be written: no space left on device.");
            written[call.Hash] = before + call.Count;
            return Task.CompletedTask;
        };
        await EachFailsAsync(run, bench, contents, "the store errors after half the bytes", e => e.Code == ErrorCode.StoreUnavailable, cancellationToken).ConfigureAwait(false);
        run.That(bench.Relay.Stored == 0, "a half-written object is served as a whole one");

        // The sender's own disk: nothing is kept then, and nothing half-sealed stays behind.
        var good = bench.SenderStore;
        bench.RestartSender(new FullStore(good));
        var failure = await Failing.PutAsync(bench, contents[0], cancellationToken).ConfigureAwait(false);
        run.Fault("the sender's own disk is full");
        run.That(failure is { Transfer: null } && failure.Message.Contains("room", StringComparison.Ordinal), "a full disk at the sender was not reported with what to do");
        bench.RestartSender(good);
    }

    private protected override async Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        var disk = new SmallDisk(bench.RelayContents, contents.Min(c => c.Length) / 2);
        try
        {
            await EachFailsAsync(run, bench, contents, "the relay's disk is full after half the bytes", e => e.Code is ErrorCode.StorageFull or ErrorCode.StoreUnavailable, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            disk.Dispose();
            throw;
        }

        return new StoreFault(() =>
        {
            disk.Resize(200_000_000);
            return Task.CompletedTask;
        }, disk);
    }
}

/// <summary>C-STOR-02: bits flip on read: of the sender's staged copies and of the relay's answers.</summary>
public sealed class ReadReturnsCorruptedBytes : StoreScenario
{
    private protected override async Task FailAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        var good = bench.SenderStore;
        bench.RestartSender(new FlippingStore(good, run.Random));
        await EachFailsAsync(run, bench, contents, "bits flip when staged copies are read", e => e.InnerException is ContentException, cancellationToken).ConfigureAwait(false);
        run.That(bench.Relay.Stored == 0 && !bench.Relay.Calls.Any(c => c.Call == ContentCall.Put), "bytes that were read wrong left the device");
        bench.RestartSender(good);
    }

    private protected override async Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        // The relay is away while the contents are sealed; then a bit of each staged copy is another one on the sender's disk.
        await bench.SenderLink.DisableAsync().ConfigureAwait(false);
        foreach (var content in contents)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var putting = Failing.WithAsync(() => bench.PutAsync(content, stop.Token));
            var before = bench.Sender.ContentTransfers.Count;
            while (bench.Sender.ContentTransfers.Count == before && !putting.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)putting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await bench.SenderLink.EnableAsync().ConfigureAwait(false);
        var flips = Directory.GetFiles(bench.SenderStages, "*.sealed").Select(f => (File: f, At: run.Random.NextInt64(new FileInfo(f).Length))).ToList();
        foreach (var (file, at) in flips) ProcessContentBench.Flip(file, at, 1);
        foreach (var transfer in bench.Sender.ContentTransfers)
        {
            var failure = await Failing.WithAsync(() => bench.Sender.ResumePutAsync(transfer.Id, null, cancellationToken)).ConfigureAwait(false);
            run.Fault("a bit of the staged copy on the sender's disk is another one");
            run.That(failure is { InnerException: ContentException }, $"a damaged staged copy gave {failure?.Message ?? "no error"}");
        }

        return new StoreFault(() =>
        {
            foreach (var (file, at) in flips) ProcessContentBench.Flip(file, at, 1);
            return Task.CompletedTask;
        }, null);
    }
}

/// <summary>C-STOR-03: writes above a threshold are refused.</summary>
public sealed class QuotaExceeded : StoreScenario
{
    private protected override async Task FailAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        bench.Relay.QuotaBytes = run.Random.NextInt64(contents.Min(c => c.Length));
        await EachFailsAsync(run, bench, contents, FormattableString.Invariant($"the quota is {bench.Relay.QuotaBytes} bytes"), e => e is { Code: ErrorCode.GroupQuotaExceeded, Quota: { UsedBytes: 0 } quota } && quota.LimitBytes == bench.Relay.QuotaBytes, cancellationToken).ConfigureAwait(false);
        run.That(!bench.Relay.Calls.Any(c => c.Call == ContentCall.Put), "bytes were sent that the quota could not take");
    }

    private ContentReference? _large;

    // An object of 8 MiB, and less than any of the contents.
    private protected override long QuotaBytes => new SealedLayout(8 * 1024 * 1024).SealedLength + 50_000;

    private protected override async Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        // A content that nobody was told of takes the room.
        using var stage = new MemoryStagedObject();
        var large = await FillAsync(bench, stage, cancellationToken).ConfigureAwait(false);
        _large = large;
        await EachFailsAsync(run, bench, contents, "the group's space is used up", e => e is { Code: ErrorCode.GroupQuotaExceeded, Quota: { } quota } && quota.LimitBytes == QuotaBytes && quota.UsedBytes >= large.SealedLength, cancellationToken).ConfigureAwait(false);
        return new StoreFault(() => bench.Sender.ReleaseContentAsync(_large, cancellationToken), null);
    }

    private static async Task<ContentReference> FillAsync(ProcessContentBench bench, MemoryStagedObject stage, CancellationToken cancellationToken)
    {
        var id = ContentId.New();
        var layout = new SealedLayout(8 * 1024 * 1024);
        using var cipher = new SegmentCipher(bench.Sender.ContentKeys, id, layout);
        using var source = new MemoryStream(new byte[layout.Length]);
        var reference = new ContentReference { Id = id, Epoch = 1, Length = layout.Length, Hash = await ContentSealer.SealAsync(cipher, source, stage, null, cancellationToken).ConfigureAwait(false) };
        await new Upload(bench.Sender.ContentPort, new TransferWindow(TimeProvider.System), reference, stage, new Retries(SyncOptions.Default), (_, _) => { }).RunAsync(cancellationToken).ConfigureAwait(false);
        return reference;
    }
}

/// <summary>C-STOR-04: every call fails, then the store is back.</summary>
public sealed class StoreUnavailableThenBack : StoreScenario
{
    private protected override async Task FailAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        var byCode = run.Random.Next(2) == 0;
        bench.Relay.Before = _ => throw (byCode ? new ContentRefusedException(ErrorCode.StoreUnavailable, 0, "The relay's store does not answer now.") : new IOException("The connection broke."));
        await EachFailsAsync(run, bench, contents, "every call fails", e => e.Code == (byCode ? ErrorCode.StoreUnavailable : ErrorCode.None), cancellationToken).ConfigureAwait(false);
    }

    private protected override async Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        // The relay is the store's process. Like a push, a put waits for it; the app gives up, and the put is kept.
        await bench.Topology.Relay.KillAsync().ConfigureAwait(false);
        foreach (var content in contents)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var before = bench.Sender.ContentTransfers.Count;
            var putting = Failing.WithAsync(() => bench.PutAsync(content, stop.Token));
            while (bench.Sender.ContentTransfers.Count == before && !putting.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            run.That(!putting.IsCompletedSuccessfully, "a put went through without a store");
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)putting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            run.Fault("the relay is killed");
            run.That(putting.IsCanceled || putting.IsFaulted, "a put that was given up did not say so");
        }

        return new StoreFault(() => bench.Topology.Relay.StartAsync(cancellationToken), null);
    }
}
