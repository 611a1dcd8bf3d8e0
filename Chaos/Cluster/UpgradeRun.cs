using System.Globalization;
using Npgsql;
using ZeroK.Chaos.Topology;

namespace ZeroK.Chaos.Cluster;

/// <summary>What a rolling upgrade is made of.</summary>
/// <param name="FromDll">The older relay's program.</param>
/// <param name="ToDll">The newer relay's.</param>
/// <param name="Rate">Pushes a second, all groups together.</param>
/// <param name="Groups">Groups of devices on the wire.</param>
/// <param name="Relays">Relays.</param>
/// <param name="BodyBytes">Bytes a push.</param>
/// <param name="Seed">Decides who goes where.</param>
/// <param name="LogDirectory">Where the relays' logs go at the end; null: nowhere.</param>
public sealed record UpgradeRunOptions(string FromDll, string ToDll, double Rate, int Groups, int Relays, int BodyBytes, int Seed, string? LogDirectory = null)
{
    /// <summary>How long a group may be without an answer. A drained relay hands its groups on: no longer than for one that was killed.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>A cluster of older relays under a steady load, replaced by newer ones one at a time: SIGTERM, the end awaited, the new program on the same port and data. Then one goes back, if it can.</summary>
public static class UpgradeRun
{
    private const int AppPairs = 3;
    private const double AppPushesPerSecond = 10;
    private const int Warm = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Runs, tells what happens as it goes. True if nothing was lost, doubled or left out, no app saw an error, and no group waited too long.</summary>
    public static async Task<bool> RunAsync(UpgradeRunOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        await output.WriteLineAsync(FormattableString.Invariant($"{options.Relays} relays, {options.Groups} groups, {options.Rate} pushes/s of {options.BodyBytes} bytes, {AppPairs} pairs of apps")).ConfigureAwait(false);
        await using var nodes = await Nodes.StartAsync(options.FromDll, options.Relays, ["--Gateway:MessagesPerDevicePerSecond=100000"], cancellationToken).ConfigureAwait(false);
        await using var load = new ClusterLoad(nodes, options.Groups, options.BodyBytes, options.Seed);
        await using var apps = await Apps.StartAsync(nodes, AppPairs, cancellationToken).ConfigureAwait(false);
        var wrong = new List<string>();
        load.Connect();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pushing = Task.WhenAll(load.PushAsync(options.Rate, enough.Token), apps.PushAsync(AppPushesPerSecond, enough.Token));
        try
        {
            await GoOnAsync(load, apps, cancellationToken).ConfigureAwait(false);
            await ReplaceAllAsync(nodes, load, apps, options, wrong, output, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException stuck)
        {
            wrong.Add(stuck.Message);
        }

        await enough.CancelAsync().ConfigureAwait(false);
        await pushing.ConfigureAwait(false);
        if (!await load.SettleAsync(Patience).ConfigureAwait(false)) wrong.Add(FormattableString.Invariant($"after {Patience.TotalSeconds} s of peace {load.Pending} pushes wait and {load.Delivered} of {load.Acknowledged} were read"));
        if (!await apps.SettleAsync(Patience).ConfigureAwait(false)) wrong.Add("an app did not get all that the other pushed");
        if (options.LogDirectory is { } logs) await nodes.KeepLogsAsync(logs, cancellationToken).ConfigureAwait(false);
        return Report(load, apps, wrong, output);
    }

    private static async Task ReplaceAllAsync(Nodes nodes, ClusterLoad load, Apps apps, UpgradeRunOptions options, List<string> wrong, TextWriter output, CancellationToken stop)
    {
        var schemaBefore = await SchemaAsync(nodes, stop).ConfigureAwait(false);
        for (var i = 0; i < nodes.Relays.Count; i++)
        {
            var relay = nodes.Relays[i];
            await StepAsync(FormattableString.Invariant($"relay {i} replaced"), load, apps, options, wrong, output, async () =>
            {
                await EndAsync(relay, wrong, stop).ConfigureAwait(false);
                relay.Program = options.ToDll;
                await relay.StartAsync(stop).ConfigureAwait(false);
            }, stop).ConfigureAwait(false);
        }

        var schemaAfter = await SchemaAsync(nodes, stop).ConfigureAwait(false);
        await output.WriteLineAsync(FormattableString.Invariant($"  schema {schemaBefore}, now {schemaAfter}")).ConfigureAwait(false);
        await StepAsync("one relay back", load, apps, options, wrong, output, () => GoBackAsync(nodes.Relays[^1], (schemaBefore, schemaAfter), options, wrong, output, stop), stop).ConfigureAwait(false);
        if (await SchemaAsync(nodes, stop).ConfigureAwait(false) != schemaAfter) wrong.Add("the older relay changed the newer schema");
    }

    // Does it, and waits until all groups and apps go on after it.
    private static async Task StepAsync(string name, ClusterLoad load, Apps apps, UpgradeRunOptions options, List<string> wrong, TextWriter output, Func<Task> step, CancellationToken stop)
    {
        var atUs = load.NowUs;
        await step().ConfigureAwait(false);
        if (!await load.SettleSoonAsync(atUs, Patience).ConfigureAwait(false)) throw new TimeoutException($"{name}: groups did not answer again within {Patience.TotalSeconds} s");
        await GoOnAsync(load, apps, stop).ConfigureAwait(false);
        var wait = TimeSpan.FromMicroseconds(Waits.WorstUs(load.Latencies, atUs, load.NowUs));
        if (wait > options.WaitMax) wrong.Add(FormattableString.Invariant($"{name}: a group waited {wait.TotalSeconds:F2} s, more than {options.WaitMax.TotalSeconds} s"));
        await output.WriteLineAsync(FormattableString.Invariant($"  {(atUs / 1e6),7:F1} s  {name,-18} longest wait of a group {wait.TotalSeconds:F2} s, sessions ended: {load.Ends}")).ConfigureAwait(false);
    }

    private static async Task GoBackAsync(RelayProcess relay, (int Before, int After) schema, UpgradeRunOptions options, List<string> wrong, TextWriter output, CancellationToken stop)
    {
        await EndAsync(relay, wrong, stop).ConfigureAwait(false);
        relay.Program = options.FromDll;
        int? code = null;
        try
        {
            await relay.StartAsync(stop).ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            code = await relay.WaitForExitAsync(stop).WaitAsync(Patience, TimeProvider.System, stop).ConfigureAwait(false);
        }

        var back = new WayBack(schema.Before, schema.After, code, relay.Log);
        await output.WriteLineAsync("  " + back.Told).ConfigureAwait(false);
        if (back.Wrong is { } what) wrong.Add(what);
        if (code is null) return;
        relay.Program = options.ToDll;
        await relay.StartAsync(stop).ConfigureAwait(false);
    }

    private static async Task EndAsync(RelayProcess relay, List<string> wrong, CancellationToken stop)
    {
        if (await relay.TerminateAsync(stop).ConfigureAwait(false) is not 0 and var code) wrong.Add(string.Create(CultureInfo.InvariantCulture, $"a relay that was told to end did so with exit code {code}"));
    }

    private static async Task GoOnAsync(ClusterLoad load, Apps apps, CancellationToken stop)
    {
        var (acknowledged, received) = (load.AcknowledgedLeast + Warm, apps.ReceivedLeast + Warm);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(Patience);
        while (load.AcknowledgedLeast < acknowledged || apps.ReceivedLeast < received)
        {
            if (late.IsCancellationRequested && !stop.IsCancellationRequested) throw new TimeoutException(FormattableString.Invariant($"a group or an app did not go on within {Patience.TotalSeconds} s"));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, stop).ConfigureAwait(false);
        }
    }

    private static async Task<int> SchemaAsync(Nodes nodes, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(nodes.Database + ";Pooling=false");
        await connection.OpenAsync(stop).ConfigureAwait(false);
        await using var read = new NpgsqlCommand("SELECT convert_from(value, 'UTF8')::integer FROM zerok_meta WHERE key = 'schema'", connection);
        return (int)(await read.ExecuteScalarAsync(stop).ConfigureAwait(false))!;
    }

    private static bool Report(ClusterLoad load, Apps apps, List<string> wrong, TextWriter output)
    {
        wrong.AddRange(load.Judge());
        wrong.AddRange(load.Ends.OutOfOrder.Select(e => "sessions ended out of order: " + e));
        wrong.AddRange(apps.Errors.Select(e => "an app saw: " + e));
        output.WriteLine(FormattableString.Invariant($"acknowledged {load.Acknowledged}, read {load.Delivered}, sessions {load.Sessions}; apps got {apps.Received}, their sessions {apps.Connections}, errors {apps.Errors.Count}"));
        foreach (var what in wrong.Take(20)) output.WriteLine("WRONG " + what);
        output.WriteLine(wrong.Count == 0 ? "held" : "FAILED");
        return wrong.Count == 0;
    }
}
