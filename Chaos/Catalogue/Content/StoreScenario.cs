using System.Globalization;
using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>The common course of the store scenarios: contents wait, the store fails in its way, recovers, and all that waited is sent once; then what all of them promise of reads and quotas.</summary>
public abstract class StoreScenario : ContentScenario
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => Promise.OfStores;

    /// <summary>Bytes of the smallest content.</summary>
    private protected virtual int ContentBytesMin => 60_000;

    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var contents = Enumerable.Range(0, 3).Select(_ => Content(run, bytesMin: ContentBytesMin)).ToList();
        var sent = new List<(ContentReference Reference, byte[] Content)>();
        await FailAsync(run, bench, contents, cancellationToken).ConfigureAwait(false);

        // Marked unsent: kept as a put, and no reference in the group. A new start knows them too.
        var unsent = bench.Sender.Transfers.Where(t => t.IsPut).Select(t => t.Id).ToHashSet();
        run.That(Promise.FailedWrite, unsent.Count == contents.Count, $"{unsent.Count} of {contents.Count} failed puts are marked unsent");
        run.That(Promise.FailedWrite, bench.Outbox.Pushed.Count == 0, "a reference went to the group without its content");
        bench.RestartSender();
        run.That(Promise.FailedWrite, bench.Sender.Transfers.Count(t => unsent.Contains(t.Id)) == unsent.Count, "a restart forgot an unsent put");

        Heal(bench);
        run.Healed("the store works again");
        var before = bench.Relay.Calls.Count;
        foreach (var id in unsent) await bench.Sender.ResumePutAsync(id, cancellationToken).ConfigureAwait(false);
        run.That(Promise.AllOnce, bench.Outbox.Pushed.Count == contents.Count && bench.Outbox.Pushed.Select(r => r.Id).ToHashSet().SetEquals(unsent), "after recovery a put was skipped or sent twice");
        run.That(Promise.AllOnce, bench.Sender.Transfers.Count == 0, "something is still marked unsent");
        var puts = bench.Relay.Calls.Skip(before).Where(c => c.Call == ContentCall.Put).ToList();
        run.That(Promise.AllOnce, puts.Select(c => (c.Hash, c.Offset)).Distinct().Count() == puts.Count, "a piece was sent twice after recovery");
        foreach (var reference in bench.Outbox.Pushed)
        {
            var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
            run.That(Promise.AllOnce, failure is null && contents.Any(c => bytes.AsSpan().SequenceEqual(c)), "a content does not come back");
            sent.Add((reference, bytes));
        }

        await ReadsAsync(run, bench, sent[0].Reference, sent[0].Content, cancellationToken).ConfigureAwait(false);
        await QuotaAsync(run, bench, contents[0], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same with a real relay: its disk, its quota, its process.</summary>
    private protected sealed override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var contents = Enumerable.Range(0, 3).Select(_ => Content(run, bytesMin: ContentBytesMin)).ToList();
        var heal = await FailAsync(run, bench, contents, cancellationToken).ConfigureAwait(false);
        var unsent = bench.Sender.ContentTransfers.Where(t => t.IsPut).Select(t => t.Id).ToHashSet();
        run.That(Promise.FailedWrite, unsent.Count == contents.Count, $"{unsent.Count} of {contents.Count} failed puts are marked unsent");
        await bench.RestartSenderAsync(cancellationToken).ConfigureAwait(false);
        run.That(Promise.FailedWrite, bench.Sender.ContentTransfers.Count(t => unsent.Contains(t.Id)) == unsent.Count, "a restart forgot an unsent put");
        await using (heal.ConfigureAwait(false))
        {
            await heal.HealAsync().ConfigureAwait(false);
            run.Healed("the store works again");
            run.That(Promise.FailedWrite, (await bench.PushedAsync(cancellationToken).ConfigureAwait(false)).Count == 0, "a reference went to the group without its content");
            foreach (var id in unsent)
            {
                var meter = new ProcessContentBench.Meter();
                var put = await bench.Sender.ResumePutAsync(id, meter, cancellationToken).ConfigureAwait(false);
                run.That(Promise.AllOnce, meter.Moved <= put.SealedLength + NodeBytesMax(put.SealedLength), FormattableString.Invariant($"{meter.Moved} bytes were sent of an object of {put.SealedLength}"));
            }

            var pushed = await bench.PushedAsync(cancellationToken).ConfigureAwait(false);
            run.That(Promise.AllOnce, pushed.Count == contents.Count && pushed.Select(r => r.Id).ToHashSet().SetEquals(unsent) && bench.Sender.ContentTransfers.Count == 0, "after recovery a put was skipped or sent twice");
            foreach (var reference in pushed)
            {
                var (bytes, failure, _) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
                run.That(Promise.AllOnce, failure is null && contents.Any(c => bytes.AsSpan().SequenceEqual(c)), $"a content does not come back: {failure?.Message}");
            }

            var file = bench.FileOf(pushed[0].Hash);
            ProcessContentBench.Flip(file, run.Random.NextInt64(new FileInfo(file).Length), 1);
            await IsDamagedAsync(run, bench, Promise.FailedRead, pushed[0], cancellationToken).ConfigureAwait(false);
            await QuotaAsync(run, bench, cancellationToken).ConfigureAwait(false);
        }
    }

    private protected sealed override IReadOnlyList<string> RelaySettings => [FormattableString.Invariant($"--Content:GroupBytesMax={QuotaBytes}")];

    /// <summary>What the group may use on the real relay.</summary>
    private protected virtual long QuotaBytes => 40_000_000;

    /// <summary>Puts all contents while the real store fails; none may go through. Returns what takes the fault away.</summary>
    private protected abstract Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken);

    /// <summary>Puts each on the real relay and looks at how it fails.</summary>
    private protected static async Task EachFailsAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, string what, Func<ContentTransferException, bool> isRight, CancellationToken cancellationToken, string promise = Promise.FailedWrite)
    {
        foreach (var content in contents)
        {
            var failure = await Failing.WithAsync(() => bench.PutAsync(content, cancellationToken)).ConfigureAwait(false);
            run.Fault(what);
            run.That(Promise.FailedWrite, failure is { Transfer: not null } && failure.Message.Length > 20, "a failed write was not reported to the caller with its cause");
            run.That(promise, isRight(failure!), $"the error is another one: {failure!.Code}, {failure.Message}");
        }
    }

    private async Task QuotaAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = new byte[QuotaBytes];
        var failure = await Failing.WithAsync(() => bench.PutAsync(content, cancellationToken)).ConfigureAwait(false);
        run.That(Promise.Quota, failure is { Code: ErrorCode.GroupQuotaExceeded, Transfer: not null, Quota: not null }, $"a put over the quota gave {failure?.Code.ToString() ?? "no error"}");
        foreach (var number in new[] { QuotaBytes, failure!.Quota!.UsedBytes, failure.Quota.NeededBytes })
            run.That(Promise.Quota, failure.Message.Contains(number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), "the quota error's text does not name limit, use and need");
        run.That(Promise.Quota, failure.Quota.LimitBytes == QuotaBytes && failure.Quota.NeededBytes == new SealedLayout(content.Length).SealedLength, $"the quota error names {failure.Quota}");
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
    private protected static async Task EachFailsAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, string what, Func<ContentTransferException, bool> isRight, CancellationToken cancellationToken, string promise = Promise.FailedWrite)
    {
        foreach (var content in contents)
        {
            var failure = await Failing.PutAsync(bench, content, cancellationToken).ConfigureAwait(false);
            run.Fault(what);
            run.That(Promise.FailedWrite, failure is { Transfer: not null } && failure.Message.Length > 20, "a failed write was not reported to the caller with its cause");
            run.That(promise, isRight(failure!), $"the error is another one: {failure!.Code}, {failure.Message}");
        }
    }

    private static async Task ReadsAsync(ScenarioRun run, MemoryContentBench bench, ContentReference reference, byte[] content, CancellationToken cancellationToken)
    {
        var (at, bit) = (run.Random.Next((int)reference.SealedLength), (byte)(1 << run.Random.Next(8)));
        bench.Relay.Damage(reference.Hash, bytes => bytes[at] ^= bit);
        var (none, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(Promise.FailedRead, failure is ContentException && none.Length == 0, "corruption on reading was not detected by the hash");
        bench.Relay.Damage(reference.Hash, bytes => bytes[at] ^= bit);
        var (bytes, error) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(Promise.FailedRead, error is null && bytes.AsSpan().SequenceEqual(content), "the content does not come back after a bad read");
    }

    /// <summary>A quota error names limit, use and need, and the put goes through when there is room.</summary>
    private protected static async Task QuotaAsync(ScenarioRun run, MemoryContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        var need = new SealedLayout(content.Length).SealedLength;
        var used = bench.Outbox.Pushed.Sum(r => r.SealedLength);
        bench.Relay.QuotaBytes = used + need - 1;
        var failure = await Failing.PutAsync(bench, content, cancellationToken).ConfigureAwait(false);
        run.That(Promise.Quota, failure is { Code: ErrorCode.GroupQuotaExceeded, Transfer: not null }, $"a put over the quota gave {failure?.Code.ToString() ?? "no error"}");
        run.That(Promise.Quota, failure!.Quota == new ContentQuota(used + need - 1, used, need), $"the quota error names {failure.Quota}");
        foreach (var number in new[] { used + need - 1, used, need })
            run.That(Promise.Quota, failure.Message.Contains(number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), "the quota error's text does not name limit, use and need");
        bench.Relay.QuotaBytes = used + need;
        var pushed = bench.Outbox.Pushed.Count;
        await bench.Sender.ResumePutAsync(failure.Transfer!.Value, cancellationToken).ConfigureAwait(false);
        run.That(Promise.Quota, bench.Outbox.Pushed.Count == pushed + 1, "the put did not go through when there was room");
        bench.Relay.QuotaBytes = long.MaxValue;
    }
}
