using ZeroK.Chaos.Scenarios;
using ZeroK.Client;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>E-ENC-01: one bit of a sealed blob is flipped, at a seeded position.</summary>
public sealed class CorruptedCiphertext : CiphertextScenario
{
    private const int Samples = 64;

    /// <inheritdoc/>
    private protected override IReadOnlyList<Change> Changes(ScenarioRun run, IReadOnlyList<AuthoredBlob> blobs)
    {
        var blob = blobs[0];
        return [.. Enumerable.Range(0, Samples).Select(_ => Flip(run, blob, run.Random.Next(blob.Envelope.Length)))];
    }

    private static Change Flip(ScenarioRun run, AuthoredBlob blob, int at)
    {
        byte[] changed = [.. blob.Envelope];
        changed[at] ^= (byte)(1 << run.Random.Next(8));

        // The version and the key epoch lie in clear before the nonce; both are bound by the seal, and refused by name before it.
        var expected = at switch { 0 => UndecryptableReason.UnknownVersion, < 5 => UndecryptableReason.UnknownKeyEpoch, _ => UndecryptableReason.WrongKeyOrTampered };
        return new Change($"a flipped bit at {at} of {changed.Length}", blob with { Envelope = changed }, expected);
    }
}

/// <summary>E-ENC-02: a sealed blob is cut; every length for small ones, a seeded sample for large ones, 0 and one byte short always.</summary>
public sealed class TruncatedCiphertext : CiphertextScenario
{
    private const int Samples = 64;

    /// <inheritdoc/>
    private protected override IReadOnlyList<Change> Changes(ScenarioRun run, IReadOnlyList<AuthoredBlob> blobs)
    {
        var blob = blobs[0];
        var full = blob.Envelope.Length;
        IEnumerable<int> lengths = full <= 512 ? Enumerable.Range(0, full) : [0, full - 1, .. Enumerable.Range(0, Samples).Select(_ => run.Random.Next(full))];
        return [.. lengths.OrderBy(_ => run.Random.Next()).Select(l => new Change($"{l} of {full} bytes", blob with { Envelope = blob.Envelope[..l] }, UndecryptableReason.WrongKeyOrTampered))];
    }
}

/// <summary>E-ENC-03: the Poly1305 tag is altered: one bit, all bits, zeros, another blob's, rotated.</summary>
public sealed class ModifiedAuthenticationTag : CiphertextScenario
{
    private const int TagBytes = 16;

    /// <inheritdoc/>
    private protected override IReadOnlyList<Change> Changes(ScenarioRun run, IReadOnlyList<AuthoredBlob> blobs)
    {
        var blob = blobs[0];
        var tag = blob.Envelope[^TagBytes..];
        byte[] bit = [.. tag];
        bit[run.Random.Next(TagBytes)] ^= (byte)(1 << run.Random.Next(8));
        var kinds = new (string What, byte[] Tag)[]
        {
            ("a flipped bit of the tag", bit),
            ("a tag of opposite bits", [.. tag.Select(b => (byte)~b)]),
            ("a tag of zeros", new byte[TagBytes]),
            ("another blob's tag", blobs[1].Envelope[^TagBytes..]),
            ("a rotated tag", [.. tag[1..], tag[0]]),
        };
        var first = run.Random.Next(kinds.Length);
        return [.. Enumerable.Range(0, kinds.Length).Select(i => kinds[(first + i) % kinds.Length]).Select(k => new Change(k.What, blob with { Envelope = [.. blob.Envelope[..^TagBytes], .. k.Tag] }, UndecryptableReason.WrongKeyOrTampered))];
    }
}

/// <summary>E-ENC-04: a nonce is replayed with another ciphertext, zeroed, or swapped between two blobs; and ten thousand blobs, ten seconds of 1,000 a second, have as many nonces.</summary>
public sealed class NonceManipulation : CiphertextScenario
{
    private const int Blobs = 10_000;
    private const int NonceAt = 5;
    private const int NonceBytes = 24;

    /// <inheritdoc/>
    private protected override IReadOnlyList<Change> Changes(ScenarioRun run, IReadOnlyList<AuthoredBlob> blobs)
    {
        var (first, second) = (blobs[0], blobs[1]);
        var replayed = With(second, first.Envelope.AsSpan(NonceAt, NonceBytes), "a replayed nonce");
        var zeroed = With(first, new byte[NonceBytes], "a nonce of zeros");
        var swapped = With(first, second.Envelope.AsSpan(NonceAt, NonceBytes), "the other blob's nonce");
        return (run.Iteration % 3) switch
        {
            0 => [zeroed, swapped, replayed],
            1 => [replayed, swapped, zeroed],
            _ => [zeroed, replayed, swapped],
        };
    }

    /// <inheritdoc/>
    private protected override async Task MoreAsync(ScenarioRun run, GroupBench bench, CancellationToken cancellationToken)
    {
        var store = new ZeroK.Client.Store.MemoryStateStore();
        using var identity = ZeroK.Noise.DeviceIdentity.Generate();
        var seen = new HashSet<UInt192>();
        var client = SyncClient.Start(bench.Keys, bench.Author.Group, identity, "sealer", bench.AuthorAddress, store, new NoRelay(), held: null, SyncOptions.Default);
        await using (client.ConfigureAwait(false))
        {
            var payload = Payload(run, 32);
            var startedAt = TimeProvider.System.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
            {
                for (var i = 0; i < Blobs / 10; i++) await client.PushAsync(payload, cancellationToken: cancellationToken).ConfigureAwait(false);
            })).ConfigureAwait(false);
            var perSecond = Blobs / TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
            run.That(perSecond >= 1000, FormattableString.Invariant($"only {perSecond:0} blobs/s were sealed"));
            var entries = store.ReadOutbox(1, int.MaxValue, long.MaxValue);
            run.That(entries.Count == Blobs, $"{entries.Count} blobs are in the outbox, not {Blobs}");
            run.That(entries.All(e => seen.Add(UInt192.From(e.Envelope.Span.Slice(NonceAt, NonceBytes)))), "a nonce came twice with one key");
        }
    }

    private static Change With(AuthoredBlob blob, ReadOnlySpan<byte> nonce, string what)
    {
        byte[] changed = [.. blob.Envelope];
        nonce.CopyTo(changed.AsSpan(NonceAt));
        return new Change(what, blob with { Envelope = changed }, UndecryptableReason.WrongKeyOrTampered);
    }

    private readonly record struct UInt192(ulong A, ulong B, ulong C)
    {
        public static UInt192 From(ReadOnlySpan<byte> bytes) => new(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes[8..]), BitConverter.ToUInt64(bytes[16..]));
    }

    private sealed class NoRelay : ZeroK.Client.Session.IRelayConnector
    {
        public ValueTask<ZeroK.Client.Session.IDialedRelay> DialAsync(IReadOnlyList<ZeroK.Transport.RelayEndpoint> ways, CancellationToken cancellationToken) => throw new ZeroK.Transport.TransportException("There is no relay: only sealing is looked at.");
    }
}
