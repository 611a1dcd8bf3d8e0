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
                return HandoverJson.Of(await contents.PutAsync(SourceOf(request, frame["source"]!), OptionsOf(request, frame["source"]!), progress, token));
            case "put-collection":
                var members = frame["members"]!.AsArray().Select(m => new ContentMember(SourceOf(request, m!), OptionsOf(request, m!))).ToList();
                return HandoverJson.Of(await contents.PutCollectionAsync(members, OptionsOf(request, frame["options"]!), progress, token));
            case "resume-put":
                return HandoverJson.Of(await contents.ResumePutAsync(HandoverJson.To<ContentId>(frame["id"]), progress, token));
            case "get":
                await contents.GetAsync(ReferenceOf(frame), new FarStream(request.AskAsync, 0, length: null), progress, token);
                return new JsonObject();
            case "get-range":
                await contents.GetRangeAsync(ReferenceOf(frame), (long)frame["offset"]!, (long)frame["length"]!, new FarStream(request.AskAsync, 0, length: null), progress, token);
                return new JsonObject();
            case "get-collection":
                return HandoverJson.Of(await contents.GetCollectionAsync(ReferenceOf(frame), (member, t) => OpenAsync(request, member, t), progress, token));
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

    private static async ValueTask<Stream> OpenAsync(HandoverRequest request, ContentReference member, CancellationToken token)
    {
        var opened = await request.AskAsync(new JsonObject { ["open"] = HandoverJson.Of(member) }, token);
        return new FarStream(request.AskAsync, (int)opened["stream"]!, length: null);
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
