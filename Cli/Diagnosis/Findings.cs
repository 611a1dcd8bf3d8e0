using System.Globalization;
using ZeroK.Cli.Terminal;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Diagnosis;

/// <summary>What is concluded from what was seen. Pure.</summary>
internal static class Findings
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(2);

    /// <summary>A device that can't be opened.</summary>
    public static Finding OfDevice(DeviceException e, string dataDir) => e.Problem switch
    {
        DeviceProblem.NoDevice => new Finding("device", Verdict.Failed, $"There is no device in {dataDir}.", "Make one with `zerok init`, or name another directory with --data-dir."),
        DeviceProblem.Permissions => new Finding("device", Verdict.Failed, e.Message, $"chmod 700 {dataDir}; chmod 600 {dataDir}/*"),
        DeviceProblem.Damaged => new Finding("device", Verdict.Failed, e.Message, "Restore nothing from a copy (two copies of one device contradict each other): make a new device, join again, and the others push what is missing."),
        DeviceProblem.AccessDenied or DeviceProblem.DiskFull or DeviceProblem.ReadOnly or DeviceProblem.TooManyOpenFiles or DeviceProblem.InUse or DeviceProblem.Io => new Finding("device", Verdict.Failed, e.Message, "The device is not damaged: don't make a new one. Mend what is named, then try again."),
        DeviceProblem.OtherVersion => new Finding("device", Verdict.Failed, e.Message, "Update zerok."),
        _ => new Finding("device", Verdict.Failed, e.Message, "Look at the directory's owner, and at the disk."),
    };

    /// <summary>Free space beside the device's state.</summary>
    public static Finding OfDisk(long freeBytes) => freeBytes switch
    {
        < 16L * 1024 * 1024 => new Finding("disk", Verdict.Failed, $"The disk has {Display.Size(freeBytes)} left: pushes will fail.", "Make room."),
        < 512L * 1024 * 1024 => new Finding("disk", Verdict.Warning, $"The disk has {Display.Size(freeBytes)} left.", "The outbox may need up to 256 MiB while no relay can be reached."),
        _ => new Finding("disk", Verdict.Ok, $"The disk has {Display.Size(freeBytes)} left."),
    };

    /// <summary>The local state.</summary>
    public static IEnumerable<Finding> OfState(SyncStatus status)
    {
        if (status.IsCopy) yield return OfCopy(status.PendingBlobs);
        else yield return status.PendingBlobs == 0
            ? new Finding("outbox", Verdict.Ok, $"Everything pushed ({status.LastSequence} blobs) is stored by a relay.")
            : new Finding("outbox", Verdict.Warning, $"{status.PendingBlobs} blobs ({Display.Size(status.PendingBytes)}) wait for a relay.", "They go out with the next command that connects, e.g. `zerok watch`. See the relays below.");
        foreach (var relay in status.Relays.Where(r => status.Relays.Count > 1 && (r.Problem is not null || r.PendingBlobs > status.PendingBlobs)))
            yield return new Finding("delivery", relay.Problem is null ? Verdict.Warning : Verdict.Failed, relay.Problem ?? $"{relay.PendingBlobs} blobs wait for this relay alone.") { Relay = Name(relay.Address) };
        yield return status.Undecryptable == 0
            ? new Finding("quarantine", Verdict.Ok, "Every received blob could be opened.")
            : new Finding("quarantine", Verdict.Failed, $"{status.Undecryptable} received blobs can't be opened: sealed with a key that this device doesn't have, or changed on the way.", "They are kept, and tried again at every start. If all of one sender fail, its group or version is another: compare `zerok status` there. If the group has new keys, connect so that they come.");
    }

    /// <summary>A device whose directory is not the only one of it, or not its newest.</summary>
    public static Finding OfCopy(long pendingBlobs) => new(
        "copy",
        Verdict.Failed,
        $"This directory was restored from a copy, or a copy of it is in use: a relay has blobs of this device that it doesn't know. Nothing is pushed to that relay any more{(pendingBlobs > 0 ? $"; {pendingBlobs} blobs wait for ever" : "")}.",
        "Make a new device in another directory (`zerok init --data-dir DIR`), and join with an invite. `zerok outbox` shows what was not sent: push it again there.");

    /// <summary>One relay at one address, over one transport.</summary>
    /// <param name="probe">What was seen.</param>
    /// <param name="transport">quic or tcp.</param>
    /// <param name="hasOtherWay">Whether the relay was reached at another of its addresses: then this one is not needed.</param>
    public static IEnumerable<Finding> OfRelay(RelayProbeResult probe, string transport, bool hasOtherWay = false)
    {
        Finding At(string check, Verdict verdict, string found, string? whatToDo = null) => new(check, verdict, found, whatToDo) { Relay = Name(probe.Relay), Transport = transport };
        if (!probe.IsReachable)
        {
            yield return transport == "quic"
                ? At("reachable", Verdict.Warning, $"Not by QUIC. {probe.Error}", "TCP is used instead where it works. For QUIC: libmsquic must be installed here, and UDP open on the way.")
                : hasOtherWay
                ? At("reachable", Verdict.Warning, $"Not by TCP. {probe.Error}", "The relay's other address is used instead. If this one is gone for good: `zerok group relays --set` names those that are left.")
                : At("reachable", Verdict.Failed, $"Not by TCP. {probe.Error}", "Is this machine online, the relay running (`zerok relay`), the address right, its port open? If the relay has another address now: `zerok group relays --set ADDRESS`.");
            yield break;
        }

        yield return At("reachable", Verdict.Ok, string.Create(CultureInfo.InvariantCulture, $"Connected in {probe.ConnectTime.TotalMilliseconds:0} ms, handshake in {probe.HandshakeTime.TotalMilliseconds:0} ms."));
        if (probe.IsIdentityWrong)
        {
            yield return At("identity", Verdict.Failed, "It is not the relay that this group knows: set up anew, or somebody is in between. Nothing was sent.", "Ask its operator. If the change is meant, give each device its new address: `zerok group relays --set ADDRESS`. Other relays of the group go on.");
            yield break;
        }

        if (!probe.IsIdentityRight)
        {
            // A refusal in the relay's own words is one of a relay.
            if (probe.ErrorCode is not (ErrorCode.None or ErrorCode.InvalidMessage or ErrorCode.UnsupportedVersion))
            {
                yield return At("connection", Verdict.Failed, $"The relay refused the connection: {probe.Error}", "Try again later. If it stays so, tell its operator which limit that is.");
                yield break;
            }

            yield return At("identity", Verdict.Failed, $"The handshake failed: {probe.Error}", "Is it a zerok relay, and of the same protocol version?");
            yield break;
        }

        yield return At("identity", Verdict.Ok, "It has the key that its address names.");
        foreach (var finding in OfHello(probe)) yield return finding with { Relay = Name(probe.Relay), Transport = transport };
    }

    private static IEnumerable<Finding> OfHello(RelayProbeResult probe)
    {
        if (!probe.IsAdmitted)
        {
            yield return probe.ErrorCode switch
            {
                ErrorCode.UnknownGroup => new Finding("group", Verdict.Warning, "It doesn't have this group (yet).", "A group is made when its first device syncs. If it was there before, the relay lost its data."),
                ErrorCode.Unauthorized => new Finding("group", Verdict.Failed, "It doesn't admit this device: its keys are not the group's (any more).", "Ask a member for a new invite."),
                ErrorCode.DeviceRevoked => new Finding("group", Verdict.Failed, "This device was removed from the group.", "Join again as a new device, with a new invite."),
                _ => new Finding("group", Verdict.Failed, $"It refused: {probe.Error}"),
            };
            yield break;
        }

        yield return new Finding("group", Verdict.Ok, $"It admits this device; the group has {probe.Devices} devices.");
        if (probe.UnreadableNames > 0)
            yield return new Finding("keys", Verdict.Warning, $"{probe.UnreadableNames} devices' names don't open with this device's keys.", "They have other keys: from before or after a change of the group's secret. Let both sides connect; if it stays so, ask for a new invite.");
        yield return probe.ClockAhead.Duration() <= ClockTolerance
            ? new Finding("clock", Verdict.Ok, string.Create(CultureInfo.InvariantCulture, $"This clock and the relay's differ by {probe.ClockAhead.Duration().TotalSeconds:0.0} s."))
            : new Finding("clock", Verdict.Warning, string.Create(CultureInfo.InvariantCulture, $"This clock is {probe.ClockAhead.Duration().TotalMinutes:0} min {(probe.ClockAhead > TimeSpan.Zero ? "ahead of" : "behind")} the relay's."), "Sync works all the same, but the times shown with blobs are wrong. Set the clock that is wrong.");
        yield return new Finding("limits", Verdict.Ok, $"It keeps blobs for {Time(probe.KeptFor)}, at most {Display.Size((long)Math.Min(probe.GroupBytesMax, long.MaxValue))} for the group: a device that is away longer misses what expired.");
    }

    private static string Time(TimeSpan time) => time.TotalDays >= 2 ? $"{(int)time.TotalDays} days" : time.TotalHours >= 2 ? $"{(int)time.TotalHours} h" : $"{(int)time.TotalSeconds} s";

    private static string Name(RelayAddress relay) => $"{relay.Host}:{relay.Port}";
}
