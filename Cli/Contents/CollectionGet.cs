using ZeroK.Cli.Files;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Cli.Verbs;
using ZeroK.Client;
using ZeroK.Content;

namespace ZeroK.Cli.Contents;

/// <summary>Fetches a collection into a folder: complete when that folder has all of it, whatever was fetched elsewhere before.</summary>
internal sealed class CollectionGet
{
    private readonly SyncRun _run;
    private readonly string _folder;
    private readonly TransferMeter _meter;
    private readonly List<MissingMember> _missing = [];
    private readonly HashSet<string> _used = new(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
    private int _arrived;

    private CollectionGet(SyncRun run, string folder, TransferMeter meter) => (_run, _folder, _meter) = (run, Path.GetFullPath(folder), meter);

    public static async Task<ExitCode> RunAsync(VerbContext context, SyncRun run, ContentReference collection, string folder, CancellationToken cancellationToken)
    {
        if (folder.Length == 0) throw new CliException(ExitCode.Usage, "--out takes a folder for a collection; its name can't be empty.");
        if (File.Exists(folder)) throw new CliException(ExitCode.Usage, $"{Display.Safe(folder)} is a file; a collection goes into a folder.", "Name another one with --out.");
        using var meter = new TransferMeter(context.Output, null, "Fetching");
        var get = new CollectionGet(run, folder, meter);
        await run.UnderWatchAsync(token => get.FetchAsync(collection, token), () => meter.Ticks, cancellationToken);
        meter.Dispose();
        get.Report(context.Output, collection);
        return get._missing.Count == 0 ? run.CodeSoFar : ExitCode.DataProblem;
    }

    private async Task FetchAsync(ContentReference collection, CancellationToken cancellationToken)
    {
        foreach (var member in await _run.Session.Contents.GetManifestAsync(collection, cancellationToken))
        {
            try
            {
                if (await TryFetchAsync(member, cancellationToken) is { } why) _missing.Add(new MissingMember(member, why));
                else _arrived++;
            }
            catch (Exception e) when (e is ContentException or ContentTransferException or CliException or PathTooLongException)
            {
                // One that can't be had doesn't stop the others.
                _missing.Add(new MissingMember(member, e.Message));
            }
        }
    }

    private async Task<string?> TryFetchAsync(ContentReference member, CancellationToken cancellationToken)
    {
        // Two members of one name here, by case or after a leading dot: the later one is named by its id, the same each time.
        var names = ContentGetVerb.NamesOf(member);
        if (!_used.Add(string.Join('/', names))) names = [ContentGetVerb.NameById(member)];
        if (PathBelow.Problem(_folder, names) is { } problem) return $"it can't be written as {string.Join('/', names)}: {problem}";
        var path = Path.Combine([_folder, .. names]);
        if (File.Exists(path)) return await IsThereAsync(member, path, cancellationToken) ? null : $"another file has its name, {string.Join('/', names)}, and stays; move that one away, or get this one alone with `zerok content get {ContentText.Short(member)}`";
        await using var file = new NewFile(path);
        await _run.Session.Contents.GetAsync(member, file.Stream, _meter, cancellationToken);
        file.Keep();
        return null;
    }

    private async Task<bool> IsThereAsync(ContentReference member, string path, CancellationToken cancellationToken)
    {
        await using var there = RegularFile.OpenNamed(path);
        return await _run.Session.Contents.IsContentAsync(member, there, cancellationToken);
    }

    private void Report(Output output, ContentReference collection)
    {
        foreach (var missing in _missing)
        {
            var line = ContentText.Event("content-missing", missing.Member);
            line["why"] = missing.Why;
            output.Result(line, $"Missing {ContentText.Line(missing.Member)}: {Display.Safe(missing.Why)}");
        }

        var json = ContentText.Event("content-got", collection);
        json["file"] = _folder;
        json["arrived"] = _arrived;
        json["missing"] = _missing.Count;
        json["complete"] = _missing.Count == 0;
        output.Result(json, _missing.Count == 0 ? $"Got all {_arrived} of {ContentText.Line(collection)} → {Display.Safe(_folder)}." : $"{_missing.Count} of {_missing.Count + _arrived} members are missing; the same command fetches them later.");
    }
}
