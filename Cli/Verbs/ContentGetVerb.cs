using System.CommandLine;
using System.Globalization;
using ZeroK.Cli.Contents;
using ZeroK.Cli.Files;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok content get</c>: fetches a content, a range of it, or a collection.</summary>
internal static class ContentGetVerb
{
    public static Command Create(CliHost host)
    {
        var which = new Argument<string>("ref") { Description = "Its name, or the beginning of its id (4 digits or more)." };
        var into = new Option<string?>("--out", "-o") { Description = "The file to write; for a collection a folder. Default: its name, in this folder. Nothing is overwritten.", HelpName = "FILE" };
        var range = new Option<string?>("--range") { Description = "Only these bytes, the first and the last (from 0): 0-99 is the first hundred, 100- all behind them.", HelpName = "A-B" };
        var preview = new Option<bool>("--preview") { Description = "Fetch its preview instead." };
        var verb = new VerbCommand("get", "Fetch a content. A file appears only when all of it was fetched and checked; after a stop, the same command goes on where it was.")
        {
            Examples =
            [
                ("zerok content get film.mkv", "fetch it by its name"),
                ("zerok content get 1a2b3c4d --out part.bin --range 0-1048575", "the first MiB alone"),
                ("zerok content get holiday --out pictures", "a collection, into a folder"),
            ],
        };
        verb.Add(which);
        verb.Add(into);
        verb.Add(range);
        verb.Add(preview);
        verb.Validators.Add(result =>
        {
            if (result.GetValue(range) is { } text && !TryParseRange(text, out _, out _)) result.AddError("--range takes A-B or A-, with the first and the last byte, from 0.");
        });
        verb.Runs(host, async (context, cancellationToken) =>
        {
            var parsed = context.Parsed;
            var reference = ReferenceShelf.Find(new ReferenceShelf(context.DataDir).All(), parsed.GetValue(which)!);
            if (parsed.GetValue(preview)) reference = reference.Preview ?? throw new CliException(ExitCode.Usage, "This content has no preview.");
            var path = parsed.GetValue(into) ?? DefaultPath(reference, context.Output);
            await using var run = await SyncRun.StartAsync(context, context.TimeoutOr(GlobalOptions.TimeoutDefault), tellConnections: false, cancellationToken);
            if (reference.Kind == ContentKind.Collection && parsed.GetValue(range) is null) return await CollectionGet.RunAsync(context, run, reference, path, cancellationToken);
            await GetAsync(context, run, reference, path, parsed.GetValue(range), cancellationToken);
            return run.CodeSoFar;
        });
        return verb;
    }

    internal static bool TryParseRange(string text, out long first, out long length)
    {
        (first, length) = (0, long.MaxValue);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 1 || !long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out first)) return false;
        if (dash == text.Length - 1) return true;
        if (!long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first || last == long.MaxValue) return false;
        length = last - first + 1;
        return true;
    }

    private static async Task GetAsync(VerbContext context, SyncRun run, ContentReference reference, string path, string? range, CancellationToken cancellationToken)
    {
        await using var file = new NewFile(path);
        using var meter = new TransferMeter(context.Output, null, "Fetching");
        await run.UnderWatchAsync(
            token =>
            {
                return range is not null && TryParseRange(range, out var first, out var length)
                    ? run.Session.Contents.GetRangeAsync(reference, first, length, file.Stream, meter, token)
                    : run.Session.Contents.GetAsync(reference, file.Stream, meter, token);
            },
            () => meter.Ticks,
            cancellationToken);
        var bytes = file.Stream.Length;
        file.Keep();
        meter.Dispose();
        var json = ContentText.Event("content-got", reference);
        json["file"] = Path.GetFullPath(path);
        json["bytes"] = bytes;
        json["moved"] = meter.Moved;
        context.Output.Result(json, $"Got {ContentText.Line(reference)} → {Display.Safe(path)}, {Display.Size(bytes)}.");
    }

    // In this folder, which the person did not name for it: nothing hidden, and through no link.
    private static string DefaultPath(ContentReference reference, Output output)
    {
        var names = NamesOf(reference);
        if (PathBelow.Problem(Environment.CurrentDirectory, reference.Kind == ContentKind.Collection ? [.. names, "member"] : names) is { } problem)
            throw new CliException(ExitCode.Usage, $"{Display.Safe(string.Join('/', names))} can't be written here: {problem}.", "Name another file with --out.");
        if (reference.Name is not null && reference.Name != string.Join('/', names)) output.Note($"Its name is not used as it is: written as {string.Join('/', names)}.");
        return Path.Combine(names);
    }

    /// <summary>The names that a content is written under, in a folder.</summary>
    internal static string[] NamesOf(ContentReference reference) =>
        reference.Name is { } name && LabelPath.TryParse(name, out var names, out _) && PathBelow.Shown(names) is var shown && LabelPath.TryParse(string.Join('/', shown), out _, out _)
            ? shown
            : [NameById(reference)];

    /// <summary>A name that is always safe.</summary>
    internal static string NameById(ContentReference reference) => $"content-{ContentText.Short(reference)}.bin";
}
