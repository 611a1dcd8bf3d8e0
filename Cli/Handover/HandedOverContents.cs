using System.Text.Json.Nodes;
using ZeroK.Cli.Sync;
using ZeroK.Client;

namespace ZeroK.Cli.Handover;

/// <summary>Large contents by the other process: it asks for the bytes of the streams that are open here.</summary>
internal sealed class HandedOverContents(HandoverLink link, IReadOnlyList<ContentTransfer> transfers) : IContentSession
{
    /// <summary>As they were when this command began.</summary>
    public IReadOnlyList<ContentTransfer> Transfers => transfers;

    public Task<ContentReceipt> QueueAsync(Stream source, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var streams = new Streams(progress, cancellationToken);
        return QueuedAsync("put", new JsonObject { ["source"] = streams.Describe(options, source) }, streams, cancellationToken);
    }

    public Task<ContentReceipt> QueueCollectionAsync(IReadOnlyList<ContentMember> members, ContentOptions options, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var streams = new Streams(progress, cancellationToken);
        var fields = new JsonObject { ["members"] = new JsonArray([.. members.Select(m => streams.Describe(m.Options, m.Source))]), ["options"] = streams.Describe(options, source: null) };
        return QueuedAsync("put-collection", fields, streams, cancellationToken);
    }

    public async Task<bool> DropAsync(ContentId transfer, CancellationToken cancellationToken) =>
        HandoverJson.To<bool>(await link.AskAsync("drop", new JsonObject { ["id"] = HandoverJson.Of(transfer) }, cancellationToken: cancellationToken));

    public async Task<ContentReference> ResumePutAsync(ContentId transfer, IProgress<ContentProgress> progress, CancellationToken cancellationToken) =>
        HandoverJson.To<ContentReference>(await link.AskAsync("resume-put", new JsonObject { ["id"] = HandoverJson.Of(transfer) }, new Streams(progress, cancellationToken).DoAsync, cancellationToken));

    public Task GetAsync(ContentReference reference, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var streams = new Streams(progress, cancellationToken);
        streams.Add(destination);
        return link.AskAsync("get", Of(reference), streams.DoAsync, cancellationToken);
    }

    public Task GetRangeAsync(ContentReference reference, long offset, long length, Stream destination, IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        var streams = new Streams(progress, cancellationToken);
        streams.Add(destination);
        var fields = Of(reference);
        (fields["offset"], fields["length"]) = (offset, length);
        return link.AskAsync("get-range", fields, streams.DoAsync, cancellationToken);
    }

    public async Task<IReadOnlyList<ContentReference>> GetManifestAsync(ContentReference collection, CancellationToken cancellationToken) =>
        HandoverJson.To<List<ContentReference>>(await link.AskAsync("manifest", Of(collection), cancellationToken: cancellationToken));

    public async Task<bool> IsContentAsync(ContentReference reference, Stream source, CancellationToken cancellationToken)
    {
        var streams = new Streams(new Progress<ContentProgress>(), cancellationToken);
        var fields = Of(reference);
        fields["source"] = streams.Describe(ContentOptions.Default, source);
        return HandoverJson.To<bool>(await link.AskAsync("is-content", fields, streams.DoAsync, cancellationToken));
    }

    public Task ReleaseAsync(ContentReference reference, CancellationToken cancellationToken) => link.AskAsync("release", Of(reference), cancellationToken: cancellationToken);

    private async Task<ContentReceipt> QueuedAsync(string what, JsonObject fields, Streams streams, CancellationToken cancellationToken)
    {
        var durable = link.AskAsync(what, fields, streams.DoAsync, cancellationToken);
        if (await Task.WhenAny(streams.Queued, durable) == durable) await durable;
        return new ContentReceipt(await streams.Queued, durable);
    }

    private static JsonObject Of(ContentReference reference) => new() { ["reference"] = HandoverJson.Of(reference) };

    // The streams of one call, which the other names by number.
    private sealed class Streams(IProgress<ContentProgress> progress, CancellationToken cancellationToken)
    {
        private readonly List<(Stream Stream, long Start)> _open = [];

        private readonly TaskCompletionSource<ContentReference> _queued = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What the other has sealed.</summary>
        public Task<ContentReference> Queued => _queued.Task;

        public int Add(Stream stream)
        {
            _open.Add((stream, stream.CanSeek ? stream.Position : 0));
            return _open.Count - 1;
        }

        public JsonObject Describe(ContentOptions options, Stream? source) => HandoverContents.Describe(
            options,
            source is null ? null : Add(source),
            source is { CanSeek: true } ? source.Length - source.Position : null,
            options.Preview is null ? null : Add(options.Preview));

        public async Task<JsonObject?> DoAsync(JsonNode? item)
        {
            if (item?["progress"] is { } moved)
            {
                progress.Report(HandoverJson.To<ContentProgress>(moved));
                return null;
            }

            if (item?["queued"] is { } reference)
            {
                _queued.TrySetResult(HandoverJson.To<ContentReference>(reference));
                return null;
            }

            try
            {
                if ((int?)item?["stream"] is not { } number || number >= _open.Count) return null;
                return await FarStream.DoAsync(_open[number].Stream, _open[number].Start, item, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CliException)
            {
                // The other ends the transfer by it, as if it had the stream itself.
                return new JsonObject { ["failed"] = e.Message };
            }
        }
    }
}
