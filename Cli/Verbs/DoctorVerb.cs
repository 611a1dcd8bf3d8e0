using System.CommandLine;
using Spectre.Console;
using ZeroK.Cli.Diagnosis;
using ZeroK.Cli.Terminal;
using ZeroK.Client;

namespace ZeroK.Cli.Verbs;

/// <summary><c>zerok doctor</c>: looks at everything that sync needs, and says what to do.</summary>
internal static class DoctorVerb
{
    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(5);

    public static Command Create(CliHost host)
    {
        var verb = new VerbCommand("doctor", "Check what sync needs: directory, keys, disk, queue, each relay by each transport, its identity, the group's keys, the clock, the relay's limits. Says what to do. Changes nothing, and runs also while another zerok does.")
        {
            Examples =
            [
                ("zerok doctor", "check everything"),
                ("zerok doctor --json | jq 'select(.verdict == \"failed\")'", "what doesn't work, for programs"),
            ],
        };
        verb.Runs(host, RunAsync);
        return verb;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        void Tell(Finding finding)
        {
            findings.Add(finding);
            if (context.Output.Json) context.Output.Result(finding.ToJson(), text: null);
            else Draw(context.Output.Console(), finding);
        }

        await CheckAsync(context, Tell, cancellationToken);
        var (failed, warnings) = (findings.Count(f => f.Verdict == Verdict.Failed), findings.Count(f => f.Verdict == Verdict.Warning));
        var summary = failed > 0 ? $"{failed} of {findings.Count} checks failed; what to do stands beside them." : warnings > 0 ? $"All works; {warnings} things to know." : $"All {findings.Count} checks are fine.";
        context.Output.Result(new() { ["event"] = "done", ["checks"] = findings.Count, ["failed"] = failed, ["warnings"] = warnings }, summary);
        return failed > 0 ? ExitCode.DataProblem : ExitCode.Ok;
    }

    private static async Task CheckAsync(VerbContext context, Action<Finding> tell, CancellationToken cancellationToken)
    {
        Device device;
        try
        {
            device = Device.Open(context.DataDir);
        }
        catch (DeviceException e)
        {
            tell(Findings.OfDevice(e, context.DataDir));
            return;
        }

        using (device)
        {
            tell(new Finding("device", Verdict.Ok, $"{device.Name} ({Display.Short(device.Id)}), in {context.DataDir}; its keys can be read by its owner alone."));
            tell(Findings.OfDisk(new DriveInfo(context.DataDir).AvailableFreeSpace));
            if (device.Group is not { } group)
            {
                tell(new Finding("group", Verdict.Failed, "The device has no group.", "Start one with `zerok group create --relay ADDRESS`, or join one with `zerok group join`."));
                return;
            }

            var known = CheckState(device, tell);
            var options = context.SyncOptions with { ConnectTimeout = context.TimeoutOr(TimeoutDefault) ?? TimeSpan.FromMinutes(5) };
            foreach (var relay in group.Relays.GroupBy(r => Convert.ToHexString(r.Fingerprint.Span)))
            {
                var probes = new List<(TransportChoice Transport, RelayProbeResult Found)>();
                foreach (var way in relay)
                    foreach (var transport in new[] { TransportChoice.Quic, TransportChoice.Tcp }) probes.Add((transport, await RelayProbe.RunAsync(device, way, transport, options, cancellationToken)));
                foreach (var (transport, found) in probes)
                    foreach (var finding in Findings.OfRelay(found, SyncEventText.Kebab(transport.ToString()), hasOtherWay: probes.Exists(p => p.Found.IsIdentityRight && !p.Found.Relay.Equals(found.Relay)))) tell(finding);
                if (known is { IsCopy: false } && probes.Exists(p => p.Found.LastSequence > known.LastSequence)) tell(Findings.OfCopy(known.PendingBlobs));
            }
        }
    }

    private static SyncStatus? CheckState(Device device, Action<Finding> tell)
    {
        try
        {
            var status = device.ReadStatus();
            foreach (var finding in Findings.OfState(status)) tell(finding);
            return status;
        }
        catch (DeviceException e)
        {
            tell(Findings.OfDevice(e, device.Directory) with { Check = "state" });
            return null;
        }
    }

    private static void Draw(IAnsiConsole console, Finding finding)
    {
        var mark = finding.Verdict switch
        {
            Verdict.Ok => "ok      ",
            Verdict.Warning => "warning ",
            Verdict.Failed => "FAILED  ",
            _ => "skipped ",
        };
        var where = finding.Relay is { } relay ? $"{relay} by {finding.Transport ?? "any"}, " : "";
        console.WriteLine($"{mark}{where}{finding.Check}: {Display.Safe(finding.Found)}");
        if (finding.WhatToDo is { } what) console.WriteLine($"        → {Display.Safe(what)}");
    }
}
