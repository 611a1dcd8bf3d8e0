using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>C-STOR-01: the relay's store errors after half of an object's bytes; and the sender's own disk is full.</summary>
public sealed class WriteFailsMidObject : StoreScenario
{
    // Several pieces, whatever size they have grown to.
    private protected override int ContentBytesMin => 1_000_000;

    private protected override async Task FailAsync(ScenarioRun run, MemoryContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        var written = new Dictionary<ContentHash, long>();
        bench.Relay.Before = call =>
        {
            if (call.Call != ContentCall.Put) return Task.CompletedTask;

            // One after the other: the newest object is that of the content at its place.
            if (written.TryAdd(call.Hash, 0) && written.Count > contents.Count) throw new InvalidOperationException("There is an object more than contents.");
            var before = written[call.Hash];
            if (before + call.Count > contents[written.Count - 1].Length / 2) throw new ContentRefusedException(ErrorCode.StoreUnavailable, 0, "The relay's store can't be written: no space left on device.");
            written[call.Hash] = before + call.Count;
            return Task.CompletedTask;
        };
        await EachFailsAsync(run, bench, contents, "the store errors after half the bytes", e => e.Code == ErrorCode.StoreUnavailable, cancellationToken).ConfigureAwait(false);
        run.That(written.Count == contents.Count && written.Values.All(w => w > 0), "the store failed before the middle of an object");
        run.That(Promise.FailedWrite, bench.Relay.Stored == 0, "a half-written object is served as a whole one");

        // The sender's own disk: nothing is kept then, and nothing half-sealed stays behind.
        var good = bench.SenderStore;
        bench.RestartSender(new FullStore(good));
        var failure = await Failing.PutAsync(bench, contents[0], cancellationToken).ConfigureAwait(false);
        run.Fault("the sender's own disk is full");
        run.That(Promise.FailedWrite, failure is { Transfer: null } && failure.Message.Contains("room", StringComparison.Ordinal), "a full disk at the sender was not reported with what to do");
        bench.RestartSender(good);
    }

    private protected override async Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        // Half of each goes on the disk, and stays there.
        var disk = new SmallDisk(bench.RelayContents, contents[0].Length / 2);
        try
        {
            for (var i = 0; i < contents.Count; i++)
            {
                var before = bench.RelayContentBytes;
                disk.Resize(before + (contents[i].Length / 2));
                await EachFailsAsync(run, bench, [contents[i]], "the relay's disk is full after half the bytes", e => e.Code == ErrorCode.StorageFull, cancellationToken).ConfigureAwait(false);
                run.That(bench.RelayContentBytes > before, "the disk was full before the middle of an object");
            }
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
        run.That(Promise.FailedRead, bench.Relay.Stored == 0 && !bench.Relay.Calls.Any(c => c.Call == ContentCall.Put), "bytes that were read wrong left the device");
        bench.RestartSender(good);
    }

    private protected override async Task<StoreFault> FailAsync(ScenarioRun run, ProcessContentBench bench, IReadOnlyList<byte[]> contents, CancellationToken cancellationToken)
    {
        // The relay is away while the contents are sealed; then a bit of each staged copy is another one on the sender's disk.
        await bench.SenderLink.DisableAsync().ConfigureAwait(false);
        foreach (var content in contents)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var before = bench.Sender.ContentTransfers.Count;
            var putting = Failing.WithAsync(() => bench.PutAsync(content, stop.Token));
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
            run.That(Promise.FailedWrite, failure is { Transfer: not null }, "a failed write was not reported to the caller");
            run.That(Promise.FailedRead, failure is { InnerException: ContentException }, $"a damaged staged copy gave {failure?.Message ?? "no error"}");
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
        await EachFailsAsync(run, bench, contents, FormattableString.Invariant($"the quota is {bench.Relay.QuotaBytes} bytes"), e => e is { Code: ErrorCode.GroupQuotaExceeded, Quota: { UsedBytes: 0 } quota } && quota.LimitBytes == bench.Relay.QuotaBytes, cancellationToken, Promise.Quota).ConfigureAwait(false);
        run.That(Promise.Quota, !bench.Relay.Calls.Any(c => c.Call == ContentCall.Put), "bytes were sent that the quota could not take");
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
        await EachFailsAsync(run, bench, contents, "the group's space is used up", e => e is { Code: ErrorCode.GroupQuotaExceeded, Quota: { } quota } && quota.LimitBytes == QuotaBytes && quota.UsedBytes >= large.SealedLength, cancellationToken, Promise.Quota).ConfigureAwait(false);
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
        // Its folder is gone: the relay lives, and each call of its store fails.
        var (folder, away) = (bench.RelayContents, bench.RelayContents + ".away");
        Directory.CreateDirectory(folder);
        Directory.Move(folder, away);
        await File.WriteAllTextAsync(folder, "", cancellationToken).ConfigureAwait(false);
        await EachFailsAsync(run, bench, [.. contents.Skip(1)], "each call of the relay's store fails", e => e.Code == ErrorCode.StoreUnavailable, cancellationToken).ConfigureAwait(false);

        // The relay is the store's process. Like a push, a put waits for it; the app gives up, and the put is kept.
        await bench.Topology.Relay.KillAsync().ConfigureAwait(false);
        run.Fault("the relay is killed");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var putting = Failing.WithAsync(() => bench.PutAsync(contents[0], stop.Token));
        while (bench.Sender.ContentTransfers.Count < contents.Count && !putting.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await ((Task)putting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        run.That(Promise.FailedWrite, putting.IsCanceled || putting.IsFaulted || await putting.ConfigureAwait(false) is not null, "a put went through without a store");
        return new StoreFault(
            () =>
            {
                File.Delete(folder);
                Directory.Move(away, folder);
                return bench.Topology.Relay.StartAsync(cancellationToken);
            },
            null);
    }
}
