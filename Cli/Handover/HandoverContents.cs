using System.Text.Json.Nodes;
using ZeroK.Cli.Sync;
using ZeroK.Client;

namespace ZeroK.Cli.Handover;

/// <summary>Large contents for the other process: its files stay there, their bytes are asked for piece by piece.</summary>
internal static class HandoverContents
{
    public static async Task<JsonNode?> AnswerAsync(IContentSession contents, HandoverRequest request, JsonObject frame, CancellationToken token)
    {
        var progress = new Tell(request, token);
        switch ((string?)frame["do"])
        {
            case "transfers":
                return HandoverJson.Of(contents.Transfers);
            case "put":
                return await QueuedAsync(request, await contents.QueueAsync(SourceOf(request, frame["source"]!), OptionsOf(request, frame["source"]!), progress, token), token);
            case "put-collection":
                var members = frame["members"]!.AsArray().Select(m => new ContentMember(SourceOf(request, m!), OptionsOf(request, m!))).ToList();
                return await QueuedAsync(request, await contents.QueueCollectionAsync(members, OptionsOf(request, frame["options"]!), progress, token), token);
            case "drop":
                return HandoverJson.Of(await contents.DropAsync(HandoverJson.To<ContentId>(frame["id"]), token));
            case "resume-put":
                return HandoverJson.Of(await contents.ResumePutAsync(HandoverJson.To<ContentId>(frame["id"]), progress, token));
            case "get":
                await contents.GetAsync(ReferenceOf(frame), new FarStream(request.AskAsync, 0, length: null), progress, token);
                return new JsonObject();
            case "get-range":
                await contents.GetRangeAsync(ReferenceOf(frame), (long)frame["offset"]!, (long)frame["length"]!, new FarStream(request.AskAsync, 0, length: null), progress, token);
                return new JsonObject();
            case "manifest":
                return HandoverJson.Of(await contents.GetManifestAsync(ReferenceOf(frame), token));
            case "is-content":
                return HandoverJson.Of(await contents.IsContentAsync(ReferenceOf(frame), SourceOf(request, frame["source"]!), token));
            case "release":
                await contents.ReleaseAsync(ReferenceOf(frame), token);
                return new JsonObject();
            default:
                throw new IOException("The zerok that runs this device doesn't know this command: they are of different versions.");
        }
    }

    /// <summary>What goes with a content, without its streams: those are named by number.</summary>
    public static JsonObject Describe(ContentOptions options, int? source = null, long? length = null, int? preview = null) => new()
    {
        ["stream"] = source,
        ["length"] = length,
        ["name"] = options.Name,
        ["mediaType"] = options.MediaType,
        ["lengthSaid"] = options.Length,
        ["preview"] = preview,
        ["previewLength"] = preview is null ? null : options.Preview!.Length - options.Preview.Position,
        ["previewMediaType"] = options.PreviewMediaType,
    };

    private static FarStream SourceOf(HandoverRequest request, JsonNode described) => new(request.AskAsync, (int)described["stream"]!, (long?)described["length"]);

    private static ContentOptions OptionsOf(HandoverRequest request, JsonNode described) => new()
    {
        Name = (string?)described["name"],
        MediaType = (string?)described["mediaType"],
        Length = (long?)described["lengthSaid"],
        Preview = (int?)described["preview"] is { } preview ? new FarStream(request.AskAsync, preview, (long?)described["previewLength"]) : null,
        PreviewMediaType = (string?)described["previewMediaType"],
    };

    private static ContentReference ReferenceOf(JsonObject frame) => HandoverJson.To<ContentReference>(frame["reference"]);

    // First that it is sealed here and will be sent, whatever becomes of the other process; then that the relay has it.
    private static async Task<JsonNode?> QueuedAsync(HandoverRequest request, ContentReceipt receipt, CancellationToken token)
    {
        await request.TellAsync(new JsonObject { ["queued"] = HandoverJson.Of(receipt.Reference) }, token);
        await receipt.Durable.WaitAsync(token);
        return new JsonObject();
    }

    private sealed class Tell(HandoverRequest request, CancellationToken token) : IProgress<ContentProgress>
    {
        private Task _last = Task.CompletedTask;

        // One on its way is enough: the next says more.
        public void Report(ContentProgress value)
        {
            if (!_last.IsCompleted && value.Done < value.Total) return;
            _last = request.TellAsync(new JsonObject { ["progress"] = HandoverJson.Of(value) }, token).ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
