using ZeroK.Chaos.Scenarios;
using ZeroK.Client.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>S-BLOB-03: the stream is cut at a seeded offset, and the receiver killed.</summary>
public sealed class PartialTransfer : BlobScenario
{
    // More than may be fetched again: the cut comes after so many bytes at least.
    private const int KeptBytesMin = 3 * Group;

    // And with what a real session moves besides, before and in pieces that are under way.
    private const int KeptOnTheLineBytesMin = 400_000;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => [.. Promise.OfBlobs, Promise.Resumes];

    private protected override async Task RunInMemoryAsync(ScenarioRun run, MemoryContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run, bytesMin: 300_000);
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        var tree = reference.Layout.Tree;
        var (cut, fetched, nodes, isCut) = (KeptBytesMin + run.Random.NextInt64(reference.SealedLength - KeptBytesMin), 0L, 0L, false);
        bench.Relay.OnTheWay = (call, bytes) =>
        {
            if (isCut) throw new IOException("The connection is cut.");
            isCut = fetched + bytes.Length > cut;
            return Count(call, isCut ? bytes[..(int)(cut - fetched)] : bytes);
        };
        var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(isCut, "the stream was not cut");
        run.Fault(FormattableString.Invariant($"the stream is cut after {cut} of {reference.SealedLength} bytes"));
        run.That(Promise.PartialRefused, failure is not null, "a cut transfer was taken for a whole one");
        run.That(Promise.PartialRefused, bytes.Length == 0, $"{bytes.Length} bytes of a partial transfer were handed out");
        run.That(Promise.Resumes, bench.Receiver.Transfers.Any(t => t.Id == reference.Id && !t.IsPut), "the partial transfer is not kept as such");

        bench.RestartReceiver();
        bench.Relay.OnTheWay = Count;
        run.Healed("the connection is back; the receiver starts anew");
        await ComesBackAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);

        // The tree's nodes come with the bytes, for each piece those on the path to it.
        run.That(Promise.Resumes, fetched - nodes <= reference.SealedLength + (2 * Group), FormattableString.Invariant($"{fetched} bytes, {nodes} of them the tree's, were fetched for an object of {reference.SealedLength}"));
        bench.Relay.OnTheWay = null;
        await FlippedAtRestAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);

        byte[] Count(ContentCallInfo call, byte[] piece)
        {
            fetched += piece.Length;
            nodes += tree.EncodedSizeOf(Pieces.RangeOf(call.Offset, call.Count)) - call.Count;
            return piece;
        }
    }

    private protected override async Task RunOnProcessesAsync(ScenarioRun run, ProcessContentBench bench, CancellationToken cancellationToken)
    {
        var content = Content(run, bytesMin: 1_000_000);
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        await bench.PushedAsync(cancellationToken).ConfigureAwait(false);
        var cut = KeptOnTheLineBytesMin + run.Random.NextInt64(reference.SealedLength - KeptOnTheLineBytesMin);

        // The next connection ends after so many bytes, and each after it at once: the app gives up.
        await bench.CutReceiverAfterAsync(cut).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (first, second) = (new ProcessContentBench.Meter(), new ProcessContentBench.Meter());
        var getting = bench.GetAsync(reference, stop.Token, first);
        await ProcessContentBench.HitAsync(bench.ReceiverLink, getting, cancellationToken).ConfigureAwait(false);
        run.Fault(FormattableString.Invariant($"the connection is cut after {cut} bytes"));
        await stop.CancelAsync().ConfigureAwait(false);
        await ((Task)getting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        run.That(Promise.PartialRefused, !getting.IsCompletedSuccessfully || await getting.ConfigureAwait(false) is { Failure: not null, Bytes.Length: 0 }, "a cut transfer was taken for a whole one");
        run.That(Promise.Resumes, bench.Receiver.ContentTransfers.Any(t => t.Id == reference.Id && !t.IsPut), "the partial transfer is not kept as such");
        run.That(first.Moved > 2 * Group, "too little came before the cut to tell whether it is fetched again");

        await bench.HealReceiverAsync().ConfigureAwait(false);
        await bench.RestartReceiverAsync(cancellationToken).ConfigureAwait(false);
        run.Healed("the connection is back; the receiver starts anew");
        var (whole, error, _) = await bench.GetAsync(reference, cancellationToken, second).ConfigureAwait(false);
        run.That(error is null && whole.AsSpan().SequenceEqual(content), "the content does not come back");

        run.That(Promise.Resumes, first.Moved + second.Moved <= reference.SealedLength + (2 * Group) + NodeBytesMax(reference.SealedLength), FormattableString.Invariant($"{first.Moved} bytes were fetched, and {second.Moved} after the cut, of an object of {reference.SealedLength}"));
        await FlippedAtRestAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
        await CutShortAsync(run, bench, content, cancellationToken).ConfigureAwait(false);
    }
}
