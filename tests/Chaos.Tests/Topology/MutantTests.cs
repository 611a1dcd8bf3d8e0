using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using ZeroK.Chaos.Judges;
using ZeroK.GrainContracts;
using ZeroK.Wire;

namespace ZeroK.Chaos.Tests.Topology;

/// <summary>Real relays and clients with one planted bug each: the judge that stands for it is red, and names the records that prove it.</summary>
public sealed class MutantTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_relay_that_drops_one_acknowledged_blob_is_caught()
    {
        await using var run = await GroupRun.StartAsync(2, Stop, plant: silo => Plant(silo, "PullAsync", (_, result) => result is PullReply page ? page with { Blobs = [.. page.Blobs.Select(b => b.Cursor == 3 ? b with { State = BlobState.Forgotten, Envelope = [] } : b)] } : result));
        for (var i = 0; i < 3; i++) await run.PushAsync(0, Stop);
        await run.DeliveredAsync(1, 2, Stop);
        await Chaos.Topology.TestClients.WaitForAsync(run.Topology.Clients[0], s => s.Durable == 3, Stop);
        await Chaos.Topology.TestClients.WaitForAsync(run.Topology.Clients[1], s => s.Head == 3 && s.Received >= 3, Stop);
        await run.EndAsync(Stop);
        var finding = Assert.Single(HistoryJudges.NothingLost(run.Topology.History.Snapshot()).Findings);
        Assert.Equal("B never got an acknowledged blob", finding.What);
        Assert.StartsWith("push A#3 ", Assert.Single(finding.CounterExample), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relay_that_repeats_a_cursor_is_caught()
    {
        await using var run = await GroupRun.StartAsync(2, Stop, plant: silo => Plant(silo, "PushAsync", (_, result) => result is PushReply reply ? reply with { Results = [.. reply.Results.Select(r => r.Cursor == 2 ? r with { Cursor = 1 } : r)] } : result));
        await run.PushAsync(0, Stop);
        await Chaos.Topology.TestClients.WaitForAsync(run.Topology.Clients[0], s => s.Durable == 1, Stop);
        await run.PushAsync(0, Stop);
        await Chaos.Topology.TestClients.WaitForAsync(run.Topology.Clients[0], s => s.Durable == 2, Stop);
        await run.DeliveredAsync(1, 2, Stop);
        var verdict = HistoryJudges.CursorsUnique(run.Topology.History.Snapshot());
        Assert.False(verdict.Passed);
        Assert.Contains(verdict.Findings, f => f.What == "a cursor names two blobs" && f.CounterExample.Count == 2);
    }

    [Fact]
    public async Task A_client_that_applies_twice_is_caught()
    {
        // The third device is away, so that the relay keeps what the second one has.
        await using var run = await GroupRun.StartAsync(3, Stop);
        var client = run.Topology.Clients[1];
        await run.Topology.Clients[2].StopAsync();
        await client.StopAsync();
        var (files, copy) = (Path.Combine(run.Topology.Settings.Directory, client.Label), Path.Combine(run.Topology.Settings.Directory, "copy"));
        Copy(files, copy);
        await client.StartAsync(Stop);
        await run.PushAsync(0, Stop);
        await run.DeliveredAsync(1, 1, Stop);
        await Chaos.Topology.TestClients.WaitForAsync(client, s => s.Received >= 1, Stop);
        while (run.Topology.History.Snapshot().Deliveries.Any(d => d.AckedUs is null)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);

        // The bug: what it had acknowledged to its app was not on its disk.
        await client.StopAsync();
        Directory.Delete(files, recursive: true);
        Copy(copy, files);
        await client.StartAsync(Stop);
        while (run.Topology.History.Snapshot().Deliveries.Count < 2) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Stop);
        var finding = Assert.Single(HistoryJudges.NothingTwice(run.Topology.History.Snapshot()).Findings);
        Assert.Equal("a blob came again after the app had acknowledged it", finding.What);
        Assert.Equal(2, finding.CounterExample.Count);
        Assert.All(finding.CounterExample, r => Assert.StartsWith("B got A#1 ", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_relay_that_logs_a_payload_is_caught()
    {
        // A relay can't open a blob: this one is told what is in it.
        var known = "";
        await using var run = await GroupRun.StartAsync(2, Stop, plant: silo => Plant(silo, "PushAsync", (logs, result) =>
        {
            logs.CreateLogger("ZeroK.Mutant").Log(LogLevel.Information, 0, Convert.ToBase64String(Encoding.ASCII.GetBytes(known)), null, (text, _) => "took " + text);
            return result;
        }));
        known = MarkerJudge.NewMarker();
        run.Markers.Add(Encoding.ASCII.GetBytes(known));
        await run.Topology.Clients[0].PushAsync(Encoding.ASCII.GetBytes("text " + known), null, Stop);
        await run.DeliveredAsync(1, 1, Stop);
        var findings = MarkerJudge.Decide(run.Markers, run.Topology.WhatOthersSaw()).Findings;
        Assert.All(findings, f => Assert.StartsWith("a marker is in relay.log at byte ", f.What, StringComparison.Ordinal));
        Assert.Contains(findings, f => f.What.EndsWith("as base64 (shift 0)", StringComparison.Ordinal));
    }

    private static void Plant(ISiloBuilder silo, string method, Func<ILoggerFactory, object?, object?> bend) =>
        silo.Services.AddSingleton<IOutgoingGrainCallFilter>(s => new Bug(s.GetRequiredService<ILoggerFactory>(), method, bend));

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    // Between the gateway and the group: what the group did is right, what is said of it is wrong.
    private sealed class Bug(ILoggerFactory logs, string method, Func<ILoggerFactory, object?, object?> bend) : IOutgoingGrainCallFilter
    {
        public async Task Invoke(IOutgoingGrainCallContext context)
        {
            await context.Invoke();
            if (context.InterfaceMethod.DeclaringType == typeof(IGroupGrain) && context.MethodName == method) context.Result = bend(logs, context.Result);
        }
    }
}
