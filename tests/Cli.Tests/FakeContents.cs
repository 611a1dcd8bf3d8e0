using ZeroK.Cli.Sync;
using ZeroK.Client;
using ZeroK.Content;

namespace ZeroK.Cli.Tests;

/// <summary>Contents without a relay: what was put can be got.</summary>
internal sealed class FakeContents : IContentSession
{
    private readonly Dictionary<ContentId, byte[]> _bytes = [];
    private readonly Dictionary<ContentId, List<ContentReference>> _collections = [];

    public List<ContentTransfer> Unfinished { get; } = [];

    public List<ContentReference> Released { get; } = [];

    /// <summary>Thrown instead of putting or getting.</summary>
    public Exception? Fails { get; set; }

    /// <summary>Names of members that can't be got.</summary>
    public List<string> Missing { get; } = [];

    public IReadOnlyList<ContentTransfer> Transfers => Unfinished;

    public async Task<ContentReference> PutAsync(Stream source, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        if (Fails is not null) throw Fails;
        using var copy = new MemoryStream();
        await source.CopyToAsync(copy, cancellationToken);
        var reference = Reference(copy.ToArray(), options);
        progress.Report(new ContentProgress(ContentPhase.Sending, 10, 10, 12));
        return options.Preview is null ? reference : reference with { Preview = await PutAsync(options.Preview, new ContentOptions(), progress, cancellationToken) };
    }

    public async Task<ContentReference> PutCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var list = new List<ContentReference>();
        foreach (var member in members) list.Add(await PutAsync(member.Source, member.Options, progress, cancellationToken));
        var reference = Reference([], options) with { Kind = ContentKind.Collection };
        _collections[reference.Id] = list;
        return reference;
    }

    public Task<ContentReference> ResumePutAsync(ContentId transfer, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var found = Unfinished.Single(t => t.Id == transfer);
        Unfinished.Remove(found);
        return Task.FromResult(found.Reference);
    }

    public async Task GetAsync(ContentReference reference, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        if (Fails is not null) throw Fails;
        await destination.WriteAsync(_bytes[reference.Id], cancellationToken);
        progress.Report(new ContentProgress(ContentPhase.Fetching, 10, 10, 12));
    }

    public async Task GetRangeAsync(ContentReference reference, long offset, long length, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken) =>
        await destination.WriteAsync(_bytes[reference.Id].Skip((int)offset).Take((int)Math.Min(length, int.MaxValue)).ToArray(), cancellationToken);

    public async Task<CollectionStatus> GetCollectionAsync(ContentReference collection, Func<ContentReference, CancellationToken, ValueTask<Stream>> open, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var members = _collections[collection.Id];
        foreach (var member in members)
        {
            await using var stream = await open(member, cancellationToken);
            if (Missing.Contains(member.Name!)) continue;
            await GetAsync(member, stream, progress, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }

        return new CollectionStatus([.. members.Where(m => !Missing.Contains(m.Name!))], [.. members.Where(m => Missing.Contains(m.Name!)).Select(m => new MissingMember(m, "gone"))]);
    }

    public Task ReleaseAsync(ContentReference reference, CancellationToken cancellationToken)
    {
        Released.Add(reference);
        return Task.CompletedTask;
    }

    public ContentReference Reference(byte[] bytes, ContentOptions options)
    {
        var reference = new ContentReference { Id = ContentId.New(), Epoch = 1, Length = bytes.Length, Hash = Blake3.Hash(bytes), Name = options.Name, MediaType = options.MediaType };
        _bytes[reference.Id] = bytes;
        return reference;
    }
}
