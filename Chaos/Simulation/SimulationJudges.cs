using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;
using ZeroK.Client;

namespace ZeroK.Chaos.Simulation;

/// <summary>The history's judges, as far as they apply to a plan, and what only a simulation can ask.</summary>
internal static class SimulationJudges
{
    /// <summary>What the loner pushes while it is alone.</summary>
    public const int LonerBlobs = 3;

    public static IReadOnlyList<string> Findings(Plan plan, RunHistory run, IReadOnlyList<SimDevice> devices, SimDevice? late)
    {
        var findings = new List<string>();
        // Who joined after all others had read a lone device's blobs is late too. With several relays a cursor says nothing about another relay's: who came late or was away too long is not asked what it missed.
        var excused = devices.Where(d => d == late || (plan.HasLoner && d.Index > 1) || d.Events.Any(h => h is Expired or Missed)).Select(d => d.Name).ToHashSet();
        var early = run with { Ends = [.. run.Ends.Where(e => !excused.Contains(e.Device))] };
        if (plan.Relays > 1) run = early;
        findings.AddRange(devices.SelectMany(d => d.Promises.Broken.Select(b => b + " (" + d.Name + ")")));
        findings.AddRange(Special(plan, run, devices));
        if (plan.HasLoss)
        {
            foreach (var judge in Always()) findings.AddRange(judge.Decide(run).Findings.Select(f => judge.Name + ": " + f));
            return findings;
        }

        if (plan.Lie == Lie.None) findings.AddRange(NothingLost(run, early, excused));
        foreach (var judge in Of(plan)) findings.AddRange(judge.Decide(run).Findings.Select(f => judge.Name + ": " + f));
        findings.AddRange(OneCopy(run));
        if (plan.Lie == Lie.None)
        {
            // One of those learns of a sender again when that sender pushes.
            findings.AddRange(HistoryJudges.Converged(early).Findings.Select(f => "all clients converge: " + f));
            findings.AddRange(NoAlarm(plan, devices, late));
        }
        else
        {
            findings.AddRange(LossIsReported(plan, run, devices));
        }

        return findings;
    }

    private static IEnumerable<Judge> Always()
    {
        yield return new("what arrives was pushed, byte for byte", HistoryJudges.ByteForByte);
        yield return new("nothing is delivered twice", HistoryJudges.NothingTwice);
    }

    // What only some seeds have.
    private static IEnumerable<string> Special(Plan plan, RunHistory run, IReadOnlyList<SimDevice> devices)
    {
        if (plan.HasLoner)
        {
            for (ulong sequence = 1; sequence <= LonerBlobs; sequence++)
                if (!Got(run, devices[1], devices[0], sequence)) yield return FormattableString.Invariant($"what a lone device pushed is kept for the next one: {sequence} was not");
        }

        if (plan.HasLoss)
        {
            foreach (var device in devices.Where(d => !d.Events.Any(e => e is RelayReset))) yield return $"a new log is reported: {device.Name} did not";
        }

        if (devices.FirstOrDefault(d => d.BrokenAt > 0) is not { } forger) yield break;
        foreach (var device in devices.Where(d => d != forger && Got(run, d, forger, forger.BrokenAt - 1) && Got(run, d, forger, forger.BrokenAt)))
            if (!device.Events.OfType<ChainBroken>().Any(c => c.Sender == forger.Id && c.Sequence == forger.BrokenAt)) yield return FormattableString.Invariant($"a broken chain is reported: {device.Name} took {forger.BrokenAt} without a word");
    }

    private static bool Got(RunHistory run, SimDevice reader, SimDevice sender, ulong sequence) => run.Deliveries.Any(d => d.Reader == reader.Name && d.Sender == sender.Name && d.Sequence == sequence);

    private static IEnumerable<Judge> Of(Plan plan)
    {
        foreach (var judge in Always()) yield return judge;
        if (plan.Lie != Lie.None) yield break;
        if (plan.Relays > 1) yield break;
        yield return new("cursors are unique", HistoryJudges.CursorsUnique);

        // What could not be opened at its place comes later.
        if (plan.HasLocked) yield break;
        yield return new("each sender's order is kept", HistoryJudges.OrderKept);
        yield return new("reads are monotonic", HistoryJudges.Monotonic);
        yield return new("cursors have no gap", HistoryJudges.CursorsGapFree);
    }

    // An acknowledgement without a cursor says that all others have had it: that counts for those who were there.
    private static IEnumerable<string> NothingLost(RunHistory run, RunHistory early, HashSet<string> excused)
    {
        var others = run with { Ends = [.. run.Ends.Where(e => excused.Contains(e.Device))], Pushes = [.. run.Pushes.Where(p => p.Cursor != 0)] };
        return HistoryJudges.NothingLost(early).Findings.Concat(HistoryJudges.NothingLost(others).Findings).Select(f => "nothing acknowledged is lost: " + f);
    }

    // Every text is pushed once.
    private static IEnumerable<string> OneCopy(RunHistory run) =>
        from same in run.Deliveries.GroupBy(d => (d.Reader, d.Sender, d.Digest))
        where same.Select(d => d.Sequence).Distinct().Count() > 1
        select $"one push arrives once: {same.First()}; {same.Last()}";

    // Honest relays give no reason for an alarm, whatever breaks. But what was trimmed at one relay before a device joined may come after its joining at another: it is told that it missed it.
    private static IEnumerable<string> NoAlarm(Plan plan, IReadOnlyList<SimDevice> devices, SimDevice? late)
    {
        foreach (var device in devices)
        {
            foreach (var happened in device.Events)
            {
                var isFalse = happened is Omission or Replay or Rollback or RelayReset or ChainBroken or RelayMisbehaved or StateRestoredFromCopy or Refused or PushRefused { WillRetry: false } or RelayGivenUp
                    || happened is Undecryptable && !plan.HasLocked
                    || happened is Missed or Expired && plan.TimeToLive > TimeSpan.FromDays(1) && !(device == late && plan.Relays > 1);
                if (isFalse) yield return $"no false alarm: {device.Name} reported {happened.GetType().Name} at {happened.At:mm:ss.ffffff}";
            }
        }
    }

    // A lying relay can keep back what comes last, or what is older than a device: nothing shows that. What lies before something that came must be here or reported.
    private static IEnumerable<string> LossIsReported(Plan plan, RunHistory run, IReadOnlyList<SimDevice> devices)
    {
        foreach (var device in devices)
        {
            var isAlarmed = device.Events.Any(e => e is Omission or Missed or Undecryptable or Rollback or RelayMisbehaved or ChainBroken or Deleted or StateRestoredFromCopy || e is Replay && plan.Lie == Lie.Swap);
            if (isAlarmed) continue;
            var older = run.Gaps.Where(g => g.Device == device.Name && g.Why == SimDevice.JoinedLater).Select(g => g.Last).DefaultIfEmpty().Max();
            var notPromised = run.Pushes.Where(p => older > 0 && p.Cursor <= older).Select(p => (p.Device, p.Sequence)).ToHashSet();
            foreach (var stream in run.Deliveries.Where(d => d.Reader == device.Name).GroupBy(d => d.Sender))
            {
                var got = stream.Select(d => d.Sequence).ToHashSet();
                var first = stream.Min(d => d.Sequence);
                for (var sequence = first; sequence < stream.Max(d => d.Sequence); sequence++)
                    if (!got.Contains(sequence) && !notPromised.Contains((stream.Key, sequence))) yield return FormattableString.Invariant($"a lie is noticed: {device.Name} never got {stream.Key}#{sequence}, though later ones came, and reported nothing");
            }
        }
    }
}
