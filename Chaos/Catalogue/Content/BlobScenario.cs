using ZeroK.Chaos.Scenarios;
using ZeroK.Client;
using ZeroK.Content;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>The common part of the scenarios with a damaged content: besides its own fault each one tries what all of them promise, a flipped bit and a part taken for the whole.</summary>
public abstract class BlobScenario : ContentScenario
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Promises => Promise.OfBlobs;

    /// <summary>A bit of the stored object is another one, and then the object as it was.</summary>
    private protected static async Task FlippedAtRestAsync(ScenarioRun run, MemoryContentBench bench, ContentReference reference, byte[] content, CancellationToken cancellationToken)
    {
        var (at, bit) = (run.Random.Next((int)reference.SealedLength), (byte)(1 << run.Random.Next(8)));
        var hashes = new List<ContentHash>();
        bench.Relay.Damage(reference.Hash, bytes =>
        {
            hashes.Add(bench.Parts.Hash(bytes));
            bytes[at] ^= bit;
            hashes.Add(bench.Parts.Hash(bytes));
        });
        run.Fault(FormattableString.Invariant($"bit of byte {at} of the stored object flipped"));
        run.That(Promise.OneBit, hashes[0] != hashes[1], "the hash is the same with a flipped bit");
        foreach (var asItArrives in new[] { false, true })
        {
            var (bytes, failure) = await bench.GetAsync(reference, cancellationToken, asItArrives).ConfigureAwait(false);
            run.That(Promise.Detected, failure is ContentException, $"a changed object gave {failure?.GetType().Name ?? "no error"}");
            run.That(Promise.Detected, content.AsSpan().StartsWith(bytes) && bytes.Length <= at && (asItArrives || bytes.Length == 0), $"{bytes.Length} bytes were handed out of an object changed at {at}");
        }

        bench.Relay.Damage(reference.Hash, bytes => bytes[at] ^= bit);
        run.Healed("the object is as it was");
        await ComesBackAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Only a part comes down before the connection is cut; then all comes.</summary>
    private protected static async Task CutShortAsync(ScenarioRun run, MemoryContentBench bench, ContentReference reference, byte[] content, CancellationToken cancellationToken)
    {
        var left = run.Random.NextInt64(reference.SealedLength);
        bench.Relay.OnTheWay = (_, bytes) =>
        {
            if (left < 0) throw new IOException("The connection is cut.");
            var piece = bytes[..(int)Math.Min(left, bytes.Length)];
            left -= bytes.Length;
            return piece;
        };
        var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.Fault("only a part of the object comes down");
        run.That(Promise.PartialRefused, failure is not null, "a part was taken for the whole");
        run.That(Promise.PartialRefused, bytes.Length == 0, $"{bytes.Length} bytes of a part were handed out");
        bench.Relay.OnTheWay = null;
        run.Healed("all of it comes down");
        await ComesBackAsync(run, bench, reference, content, cancellationToken).ConfigureAwait(false);
    }

    private protected static async Task ComesBackAsync(ScenarioRun run, MemoryContentBench bench, ContentReference reference, byte[] content, CancellationToken cancellationToken)
    {
        var (bytes, failure) = await bench.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        run.That(failure is null && bytes.AsSpan().SequenceEqual(content), $"the content does not come back: {failure?.Message ?? "other bytes"}");
    }

    /// <summary>A bit of the relay's file is another one: the relay's own look at the tree finds it.</summary>
    private protected static async Task FlippedAtRestAsync(ScenarioRun run, ProcessContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        var file = bench.FileOf(reference.Hash);
        var at = run.Random.NextInt64(new FileInfo(file).Length);
        run.That(Blake3.Hash(await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false)) == reference.Hash, "the relay's file is another object than was put");
        ProcessContentBench.Flip(file, at, (byte)(1 << run.Random.Next(8)));
        run.Fault(FormattableString.Invariant($"bit of byte {at} of the relay's file flipped"));
        run.That(Promise.OneBit, Blake3.Hash(await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false)) != reference.Hash, "the hash is the same with a flipped bit");
        await IsDamagedAsync(run, bench, Promise.Detected, reference, cancellationToken).ConfigureAwait(false);
        var again = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        run.Healed("the content is put again");
        await bench.ComesBackAsync(run, again, content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The relay's file ends too early, and a put ends too early.</summary>
    private protected static async Task CutShortAsync(ScenarioRun run, ProcessContentBench bench, byte[] content, CancellationToken cancellationToken)
    {
        var reference = await bench.PutAsync(content, cancellationToken).ConfigureAwait(false);
        using (var file = new FileStream(bench.FileOf(reference.Hash), FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(run.Random.NextInt64(reference.SealedLength));
        run.Fault("the relay's file is cut short");
        await IsDamagedAsync(run, bench, Promise.PartialRefused, reference, cancellationToken).ConfigureAwait(false);

        var bytes = new byte[100_000];
        run.Random.NextBytes(bytes);
        OutboardBuilder.Compute(bytes, out var hash);
        await bench.Sender.ContentPort.BeginPutAsync(hash, bytes.Length, cancellationToken).ConfigureAwait(false);
        var code = ErrorCode.None;
        try
        {
            await bench.Sender.ContentPort.FinishPutAsync(hash, bytes.Length, cancellationToken).ConfigureAwait(false);
        }
        catch (Client.Content.ContentRefusedException e)
        {
            code = e.Code;
        }

        run.That(Promise.PartialRefused, code == ErrorCode.OutOfOrder, $"a put that was finished too early gave {code}");
    }
}
