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

    /// <summary>Thrown instead of putting what has a name.</summary>
    public Func<string?, Exception?>? FailsOn { get; set; }

    /// <summary>Names of members that can't be got.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>How many were put, previews included.</summary>
    public int Puts { get; private set; }

    /// <summary>What <see cref="Collection"/> made.</summary>
    public ContentReference Last { get; private set; } = null!;

    public IReadOnlyList<ContentTransfer> Transfers => Unfinished;

    /// <summary>What a queued content waits for.</summary>
    public Func<ContentReference, Task> Durable { get; set; } = _ => Task.CompletedTask;

    public async Task<ContentReceipt> QueueAsync(Stream source, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var reference = await PutAsync(source, options, cancellationToken);
        return Receipt(options.Preview is null ? reference : reference with { Preview = await PutAsync(options.Preview, new ContentOptions(), cancellationToken) }, progress);
    }

    public async Task<ContentReceipt> QueueCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var list = new List<ContentReference>();
        foreach (var member in members) list.Add(await PutAsync(member.Source, member.Options, cancellationToken));
        var reference = Reference([], options) with { Kind = ContentKind.Collection };
        _collections[reference.Id] = list;
        return Receipt(reference, progress);
    }

    public Task<bool> DropAsync(ContentId transfer, CancellationToken cancellationToken) => Task.FromResult(Unfinished.RemoveAll(t => t.Id == transfer) > 0);

    private ContentReceipt Receipt(ContentReference reference, IProgress<ContentProgress> progress)
    {
        progress.Report(new ContentProgress(ContentPhase.Sending, 10, 10, 12));
        return new ContentReceipt(reference, Durable(reference));
    }

    private async Task<ContentReference> PutAsync(Stream source, ContentOptions options, CancellationToken cancellationToken)
    {
        if ((FailsOn?.Invoke(options.Name) ?? Fails) is { } fails) throw fails;
        Puts++;
        using var copy = new MemoryStream();
        await source.CopyToAsync(copy, cancellationToken);
        return Reference(copy.ToArray(), options);
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
        if (Missing.Contains(reference.Name!)) throw new ContentTransferException(ZeroK.Wire.ErrorCode.ContentNotFound, "gone");
        await destination.WriteAsync(_bytes[reference.Id], cancellationToken);
        progress.Report(new ContentProgress(ContentPhase.Fetching, 10, 10, 12));
    }

    public async Task GetRangeAsync(ContentReference reference, long offset, long length, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken) =>
        await destination.WriteAsync(_bytes[reference.Id].Skip((int)offset).Take((int)Math.Min(length, int.MaxValue)).ToArray(), cancellationToken);

    public Task<IReadOnlyList<ContentReference>> GetManifestAsync(ContentReference collection, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ContentReference>>(_collections[collection.Id]);

    public async Task<bool> IsContentAsync(ContentReference reference, Stream source, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await source.CopyToAsync(copy, cancellationToken);
        return copy.ToArray().AsSpan().SequenceEqual(_bytes[reference.Id]);
    }

    public Task ReleaseAsync(ContentReference reference, CancellationToken cancellationToken)
    {
        Released.Add(reference);
        return Task.CompletedTask;
    }

    /// <summary>A collection as another device might put it.</summary>
    public void Collection(string name, params (string Name, string Text)[] members)
    {
        Last = Reference([], new ContentOptions { Name = name }) with { Kind = ContentKind.Collection };
        _collections[Last.Id] = [.. members.Select(m => Reference(System.Text.Encoding.UTF8.GetBytes(m.Text), new ContentOptions { Name = m.Name }))];
    }

    public ContentReference Reference(byte[] bytes, ContentOptions options)
    {
        var reference = new ContentReference { Id = ContentId.New(), Epoch = 1, Length = bytes.Length, Hash = Blake3.Hash(bytes), Name = options.Name, MediaType = options.MediaType };
        _bytes[reference.Id] = bytes;
        return reference;
    }
}
