using ZeroK.Chaos.Catalogue.Content;
using ZeroK.Client;
using ZeroK.Client.Content;
using ZeroK.Content;
using ErrorCode = ZeroK.Wire.ErrorCode;

namespace ZeroK.Chaos.Tests.Content;

/// <summary>A content bench of the product's own parts, one of them with a planted bug.</summary>
/// <param name="name">The bug in a few words.</param>
/// <param name="promise">What it breaks.</param>
internal sealed class Mutant(string name, string promise) : MemoryParts
{
    public string Name { get; } = name;

    public string Promise { get; } = promise;

    public Func<ContentService, ContentDevice>? OnDevice { get; init; }

    public Func<ITransferStore>? StoreAfterRestart { get; init; }

    public Func<IReferenceOutbox, IReferenceOutbox>? OnOutbox { get; init; }

    public bool HashesOnlyTheLength { get; init; }

    public override ContentDevice Device(ContentService service) => OnDevice?.Invoke(service) ?? base.Device(service);

    public override ITransferStore Reopened(ITransferStore store) => StoreAfterRestart?.Invoke() ?? store;

    public override IReferenceOutbox Outbox(IReferenceOutbox outbox) => OnOutbox?.Invoke(outbox) ?? outbox;

    public override ContentHash Hash(ReadOnlySpan<byte> bytes) => HashesOnlyTheLength ? base.Hash(new byte[bytes.Length]) : base.Hash(bytes);
}

/// <summary>The planted bugs: at least one for each promise of the content scenarios. One more is one row.</summary>
internal static class ContentMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new("hands out what it could not verify", Promise.Detected) { OnDevice = s => new BadGet(s, e => e is ContentException, new byte[16], fails: true) },
        new("hashes the length only", Promise.OneBit) { HashesOnlyTheLength = true },
        new("takes a part for the whole", Promise.PartialRefused) { OnDevice = s => new BadGet(s, e => e is IOException and not ContentException, [], fails: false) },
        new("forgets what it has fetched", Promise.Resumes) { StoreAfterRestart = () => new MemoryTransferStore() },
        new("seals the same text to the same bytes", Promise.CiphertextsDiffer) { OnDevice = s => new Convergent(s) },
        new("opens the second one wrongly", Promise.SameContent) { OnDevice = s => new SecondGetIsWrong(s) },
        new("says nothing of a failed write", Promise.FailedWrite) { OnDevice = s => new SilentPut(s) },
        new("forgets what was not sent", Promise.FailedWrite) { StoreAfterRestart = () => new MemoryTransferStore() },
        new("reads changed bytes without a word", Promise.FailedRead) { OnDevice = s => new BadGet(s, e => e is ContentException, [], fails: false) },
        new("hands out changed bytes", Promise.FailedRead) { OnDevice = s => new BadGet(s, e => e is ContentException, new byte[16], fails: true) },
        new("says that there is no room, and no more", Promise.Quota) { OnDevice = s => new VagueQuota(s) },
        new("skips a put that waits", Promise.AllOnce) { OnDevice = s => new SkipsOne(s) },
        new("refers to each content twice", Promise.AllOnce) { OnOutbox = o => new PushesTwice(o) },
        new("takes three members for five", Promise.NeverComplete) { OnDevice = s => new BadCollection(s, c => new CollectionStatus([.. c.Arrived, .. c.Missing.Select(m => m.Member)], [])) },
        new("names others than those that are missing", Promise.SaysMissing) { OnDevice = s => new BadCollection(s, c => c with { Missing = [.. c.Missing.Zip(c.Arrived, (m, a) => m with { Member = a })] }) },
        new("forgets which members it has", Promise.SaysMissing) { StoreAfterRestart = () => new MemoryTransferStore() },
        new("opens a member before it has the manifest", Promise.ManifestFirst) { OnDevice = s => new EagerCollection(s) },
        new("takes a changed manifest for an empty one", Promise.ManifestFirst) { OnDevice = s => new TrustingCollection(s) },
    ];

    private sealed class BadGet(ContentService service, Func<Exception, bool> isHit, byte[] handsOut, bool fails) : ContentDevice(service)
    {
        public override async Task GetAsync(ContentReference reference, Stream destination, bool asItArrives, CancellationToken cancellationToken)
        {
            try
            {
                await base.GetAsync(reference, destination, asItArrives, cancellationToken);
            }
            catch (Exception e) when (isHit(e))
            {
                await destination.WriteAsync(handsOut, cancellationToken);
                if (fails) throw;
            }
        }
    }

    private sealed class Convergent(ContentService service) : ContentDevice(service)
    {
        private readonly Dictionary<ContentHash, ContentReference> _known = [];

        public override async Task<ContentReference> PutAsync(Stream source, ContentOptions options, CancellationToken cancellationToken)
        {
            var text = ((MemoryStream)source).ToArray();
            return _known.TryGetValue(Blake3.Hash(text), out var known) ? known : _known[Blake3.Hash(text)] = await base.PutAsync(source, options, cancellationToken);
        }
    }

    private sealed class SecondGetIsWrong(ContentService service) : ContentDevice(service)
    {
        private int _gets;

        public override async Task GetAsync(ContentReference reference, Stream destination, bool asItArrives, CancellationToken cancellationToken)
        {
            using var good = new MemoryStream();
            await base.GetAsync(reference, good, asItArrives, cancellationToken);
            var bytes = good.ToArray();
            if (++_gets == 2) bytes[0] ^= 1;
            await destination.WriteAsync(bytes, cancellationToken);
        }
    }

    private sealed class SilentPut(ContentService service) : ContentDevice(service)
    {
        public override async Task<ContentReference> PutAsync(Stream source, ContentOptions options, CancellationToken cancellationToken)
        {
            try
            {
                return await base.PutAsync(source, options, cancellationToken);
            }
            catch (ContentTransferException e) when (e.Transfer is not null)
            {
                return Transfers.Single(t => t.Id == e.Transfer).Reference;
            }
        }
    }

    private sealed class VagueQuota(ContentService service) : ContentDevice(service)
    {
        public override async Task<ContentReference> PutAsync(Stream source, ContentOptions options, CancellationToken cancellationToken)
        {
            try
            {
                return await base.PutAsync(source, options, cancellationToken);
            }
            catch (ContentTransferException e) when (e.Code == ErrorCode.GroupQuotaExceeded)
            {
                throw new ContentTransferException(e.Code, "The group's space on the relay is used up.", e) { Transfer = e.Transfer };
            }
        }
    }

    private sealed class SkipsOne(ContentService service) : ContentDevice(service)
    {
        private bool _hasSkipped;

        public override Task<ContentReference> ResumePutAsync(ContentId id, CancellationToken cancellationToken)
        {
            if (_hasSkipped) return base.ResumePutAsync(id, cancellationToken);
            _hasSkipped = true;
            return Task.FromResult(Transfers.Single(t => t.Id == id).Reference);
        }
    }

    private sealed class PushesTwice(IReferenceOutbox outbox) : IReferenceOutbox
    {
        public ulong LastSequence => outbox.LastSequence;

        public async Task PushAsync(ContentReference reference, CancellationToken cancellationToken)
        {
            for (var i = 0; i < 2; i++) await outbox.PushAsync(reference, cancellationToken);
        }

        public bool? WasPushed(ContentReference reference, ulong after) => outbox.WasPushed(reference, after);
    }

    private sealed class BadCollection(ContentService service, Func<CollectionStatus, CollectionStatus> say) : ContentDevice(service)
    {
        public override async Task<CollectionStatus> GetCollectionAsync(ContentReference collection, Func<ContentReference, CancellationToken, ValueTask<Stream>> open, CancellationToken cancellationToken) =>
            say(await base.GetCollectionAsync(collection, open, cancellationToken));
    }

    private sealed class EagerCollection(ContentService service) : ContentDevice(service)
    {
        public override async Task<CollectionStatus> GetCollectionAsync(ContentReference collection, Func<ContentReference, CancellationToken, ValueTask<Stream>> open, CancellationToken cancellationToken)
        {
            await using (await open(collection, cancellationToken)) return await base.GetCollectionAsync(collection, open, cancellationToken);
        }
    }

    private sealed class TrustingCollection(ContentService service) : ContentDevice(service)
    {
        public override async Task<CollectionStatus> GetCollectionAsync(ContentReference collection, Func<ContentReference, CancellationToken, ValueTask<Stream>> open, CancellationToken cancellationToken)
        {
            try
            {
                return await base.GetCollectionAsync(collection, open, cancellationToken);
            }
            catch (ContentException)
            {
                return new CollectionStatus([], []);
            }
        }
    }
}
