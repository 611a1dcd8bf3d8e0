using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;
using ZeroK.Cli.Demo;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok demo</c>: a relay and two devices on this machine, from beginning to end.</summary>
internal static class DemoVerb
{
    // Version 1 of the protocol has one handshake.
    private const string Handshake = "Noise_hybridXX_25519+MLKEM768_ChaChaPoly_BLAKE2s";
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(2);

    public static Command Create(CliHost host)
    {
        var keep = new Option<bool>("--keep") { Description = "Keep the directories of the relay and the devices, to look into them." };
        var transport = new Option<TransportChoice>("--transport") { Description = "auto, quic or tcp.", HelpName = "TRANSPORT" };
        var verb = new VerbCommand("demo", "Show it all on this machine: starts a relay and two devices, syncs this repository's docs/ file by file, compares, answers, and looks into what the relay could see. Ends by itself; leaves nothing behind.")
        {
            Examples = [("zerok demo", "the whole story"), ("zerok demo --keep", "the same, and keeps the directories")],
        };
        verb.Add(keep);
        verb.Add(transport);
        verb.Runs(host, (context, cancellationToken) => RunAsync(context, context.Parsed.GetValue(keep), context.Parsed.GetValue(transport), cancellationToken));
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, bool keep, TransportChoice transport, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("zerok-demo-").FullName;
        var before = Stopwatch.GetTimestamp();
        using var timeout = new CancellationTokenSource(EndsWithin, context.Host.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var options = context.SyncOptions with { Transport = transport, BackoffFirst = TimeSpan.FromMilliseconds(100), BackoffMax = TimeSpan.FromSeconds(1) };
            await using var run = new DemoRun(context.Host, options, folder, text => context.Output.Result(new JsonObject { ["event"] = "step", ["text"] = text }, text));
            var result = await run.RunAsync(end.Token);
            Show(context, result, Stopwatch.GetElapsedTime(before));
            return result.Failures.Count == 0 ? ExitCode.Ok : ExitCode.DataProblem;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Error, string.Create(CultureInfo.InvariantCulture, $"The demo did not end within {EndsWithin.TotalMinutes:0} minutes."), "Run it again with --verbose --keep and look into relay.log.");
        }
        finally
        {
            if (keep) context.Output.Note($"Kept: {folder}");
            else Directory.Delete(folder, recursive: true);
        }
    }

    private static void Show(VerbContext context, DemoResult result, TimeSpan took)
    {
        if (context.Output.Json) ShowJson(context.Output, result, took);
        else ShowText(context.Output, result, took);
    }

    private static void ShowText(Output output, DemoResult result, TimeSpan took)
    {
        var console = output.Console();
        var files = new Table().Title("A → relay → B").AddColumns("File", "Bytes", "Cursor", "A's push to B's disk", "SHA-256");
        foreach (var f in result.Files)
        {
            var way = f.Millis is { } ms ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.0} ms") : "waited at the relay";
            files.AddRow(new Text(f.Label), new Text(f.Bytes.ToString("N0", CultureInfo.InvariantCulture)), new Text("#" + f.Cursor), new Text(way), new Text(f.IsEqual ? "equal" : "DIFFERENT"));
        }

        console.Write(files);
        void Line(string text) => output.Result([], text);
        Line($"{result.Files.Count} files pushed by A from {result.From}, {result.Files.Count(f => f.IsEqual)} byte-identical on B. B's answer: \"{result.Reply}\"");
        Line($"Transport: A by {result.TransportA}, B by {result.TransportB}{(result.WhyNotQuic is { } why ? $" (not QUIC: {why})" : "")}. Handshake: {Handshake} (X25519 and ML-KEM-768, both needed).");
        Line("");
        Line("All that the relay had in its store while A's first files waited (last row of each table):");
        foreach (var table in result.RelayTables)
            Line($"  {table.Name} ({table.Rows}): {string.Join(", ", table.LastRow.Select(c => $"{c.Column}={c.Value}"))}");
        Line("That is: a pseudonym of the group, device ids, sealed names, padded sizes and times.");
        Line($"Searched the relay's {Display.Size(result.BytesSearched)} of data files and logs for {result.PatternsSearched} pieces of plaintext (contents, file names, device names, invite): {(result.Failures.Count == 0 ? "none found" : "see below")}.");
        Line("");
        foreach (var failure in result.Failures) Line("WRONG: " + failure);
        Line(string.Create(CultureInfo.InvariantCulture, $"{(result.Failures.Count == 0 ? "All as it should be" : "Failed")}, in {took.TotalSeconds:0.0} s."));
    }

    private static void ShowJson(Output output, DemoResult result, TimeSpan took)
    {
        foreach (var f in result.Files)
            output.JsonLine(new JsonObject { ["event"] = "file", ["label"] = f.Label, ["size"] = f.Bytes, ["cursor"] = f.Cursor.Value, ["millis"] = f.Millis, ["equal"] = f.IsEqual });
        var tables = new JsonArray([.. result.RelayTables.Select(t => new JsonObject
        {
            ["table"] = t.Name,
            ["rows"] = t.Rows,
            ["lastRow"] = new JsonObject(t.LastRow.Select(c => new KeyValuePair<string, JsonNode?>(c.Column, c.Value))),
        })]);
        output.JsonLine(new JsonObject
        {
            ["event"] = "demo",
            ["files"] = result.Files.Count,
            ["equal"] = result.Files.Count(f => f.IsEqual),
            ["transportA"] = result.TransportA,
            ["transportB"] = result.TransportB,
            ["whyNotQuic"] = result.WhyNotQuic,
            ["handshake"] = Handshake,
            ["relayTables"] = tables,
            ["patternsSearched"] = result.PatternsSearched,
            ["bytesSearched"] = result.BytesSearched,
            ["failures"] = new JsonArray([.. result.Failures.Select(f => JsonValue.Create(f))]),
            ["seconds"] = took.TotalSeconds,
        });
    }
}
