using System.Text.Json.Nodes;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Terminal;

/// <summary>A sync event for programs and for people.</summary>
/// <param name="Json">The object, with "event", "at" and "problem".</param>
/// <param name="Text">The sentence.</param>
/// <param name="IsProblem">Whether something is wrong with the data.</param>
internal sealed record ToldEvent(JsonObject Json, string Text, bool IsProblem)
{
    /// <summary>A constant: it says what a user sees.</summary>
    public override string ToString() => "[event]";
}

/// <summary>Says what happened: one row a kind of event.</summary>
internal static class SyncEventText
{
    /// <param name="e">The event.</param>
    /// <param name="nameOf">What a person calls a device; null: by the first digits of its id.</param>
    public static ToldEvent Describe(SyncEvent e, Func<DeviceId, string>? nameOf = null) => Told(e, nameOf ?? Display.Short);

    private static ToldEvent Told(SyncEvent e, Func<DeviceId, string> who) => e switch
    {
        Connected x => Fine(e, "connected", $"Connected to {x.ConnectedTo?.ToString() ?? $"{x.Relay.Host}:{x.Relay.Port}"} by {Transport(x.Transport)}.", ("relay", x.Relay.ToString()), ("connectedTo", x.ConnectedTo?.ToString()), ("transport", Transport(x.Transport))),
        Disconnected x => Fine(e, "disconnected", $"Not connected: {x.Reason}", ("reason", x.Reason), ("nextTryAt", x.NextTryAt), ("relay", x.Relay)),
        Refused x => Fine(e, "refused", $"Refused ({ErrorName.Of(x.Code)}): {x.WhatToDo}", ("code", ErrorName.Of(x.Code)), ("whatToDo", x.WhatToDo), ("relay", x.Relay)),
        PrimaryChanged x => Fine(e, "primary-changed", $"The primary relay is {x.Relay.Host}:{x.Relay.Port} now.", ("relay", x.Relay.ToString())),
        RelayGivenUp x => Problem(e, "relay-given-up", $"The relay {x.Relay.Host}:{x.Relay.Port} was away too long: nothing is kept for it any more after blob {x.LastSequence}. Other relays have the rest.", ("relay", x.Relay.ToString()), ("lastSequence", x.LastSequence)),
        Missed { Reason: MissedReason.Expired } x => Problem(e, "missed", $"{Blobs(x.FirstSequence, x.LastSequence)} of {who(x.Sender)} expired before this device read them. Ask their sender to push again.", ("sender", x.Sender.Reveal()), ("firstSequence", x.FirstSequence), ("lastSequence", x.LastSequence), ("reason", "expired")),
        Missed { Reason: MissedReason.NotKept } x => Problem(e, "missed", $"{Blobs(x.FirstSequence, x.LastSequence)} of {who(x.Sender)} {(x.FirstSequence == x.LastSequence ? "is" : "are")} not on any relay any more. Ask their sender to push again.", ("sender", x.Sender.Reveal()), ("firstSequence", x.FirstSequence), ("lastSequence", x.LastSequence), ("reason", "not-kept")),
        Missed x => Fine(e, "missed", $"{Blobs(x.FirstSequence, x.LastSequence)} of {who(x.Sender)} {(x.FirstSequence == x.LastSequence ? "was" : "were")} deleted before this device read them.", ("sender", x.Sender.Reveal()), ("firstSequence", x.FirstSequence), ("lastSequence", x.LastSequence), ("reason", Kebab(x.Reason.ToString()))),
        OutboxFull x => Fine(e, "outbox-full", $"The outbox is full ({Display.Count(x.Blobs, "blob")}): pushes wait until a relay takes some.", ("blobs", (ulong)x.Blobs), ("bytes", (ulong)x.Bytes)),
        HistoryBegins x => Fine(e, "history-begins", $"What the group pushed before #{x.First} was not kept for this device: it joined later, or was away too long. Get it from another device; then `zerok status --has-state` ends this.", ("first", x.First.Value)),
        Deleted x => Fine(e, "deleted", $"#{x.Cursor} was deleted by its sender {who(x.Sender)}.", ("cursor", x.Cursor.Value), ("sender", x.Sender.Reveal()), ("sequence", x.Sequence)),
        Reordered x => Fine(e, "reordered", $"#{x.Cursor} of {who(x.Sender)} came late.", ("cursor", x.Cursor.Value), ("sender", x.Sender.Reveal()), ("sequence", x.Sequence)),
        DeviceBlocked x => Fine(e, "device-blocked", x.IsThisDevice ? "This device was removed from the group." : $"Device {who(x.Device)} was removed from the group.", ("device", x.Device.Reveal()), ("isThisDevice", x.IsThisDevice)),
        PushRefused x => Fine(e, "push-refused", $"Blob {x.Sequence} was refused ({ErrorName.Of(x.Code)}): {x.WhatToDo}", ("sequence", x.Sequence), ("code", ErrorName.Of(x.Code)), ("willRetry", x.WillRetry), ("whatToDo", x.WhatToDo)),
        Expired x => Problem(e, "expired", $"{(x.First == x.Last ? $"#{x.First} is" : $"#{x.First} to #{x.Last} are")} gone from the relay unread: the time to live was over. Ask the senders to push again.", ("first", x.First.Value), ("last", x.Last.Value)),
        Undecryptable x => Problem(e, "undecryptable", $"#{x.Cursor} of {who(x.Sender)} can't be opened ({x.Reason}). It is kept, and tried again at every start.", ("cursor", x.Cursor.Value), ("sender", x.Sender.Reveal()), ("reason", Kebab(x.Reason.ToString()))),
        GivenUp x => Fine(e, "given-up", $"#{x.Cursor} of {who(x.Sender)}, which could not be opened, is given up.", ("cursor", x.Cursor.Value), ("sender", x.Sender.Reveal()), ("sequence", x.Sequence)),
        ReadingStopped x => Problem(e, "reading-stopped", $"The relay {x.Relay.Host}:{x.Relay.Port} is not read any more ({Kebab(x.Reason.ToString())}): it has brought more than a device takes of one relay. `zerok undecryptable --give-up all` makes room if it is what can't be opened.", ("relay", x.Relay.ToString()), ("reason", Kebab(x.Reason.ToString()))),
        Omission x => Problem(e, "omission", $"The relay left out {Blobs(x.FirstSequence, x.LastSequence, "blob")} of {who(x.Sender)} (seen at #{x.Cursor}).", ("sender", x.Sender.Reveal()), ("firstSequence", x.FirstSequence), ("lastSequence", x.LastSequence), ("cursor", x.Cursor.Value)),
        Replay x => Problem(e, "replay", $"The relay sent blob {x.Sequence} of {who(x.Sender)} again at #{x.Cursor}. It was dropped.", ("sender", x.Sender.Reveal()), ("sequence", x.Sequence), ("cursor", x.Cursor.Value)),
        ChainBroken x => Problem(e, "chain-broken", $"#{x.Cursor} of {who(x.Sender)} doesn't follow its chain: {x.What}", ("sender", x.Sender.Reveal()), ("sequence", x.Sequence), ("cursor", x.Cursor.Value), ("what", x.What)),
        Rollback x => Problem(e, "rollback", $"The relay's log ends at #{x.Head}, before #{x.Known} which this device has seen: it was set back to an older copy.", ("known", x.Known.Value), ("head", x.Head.Value)),
        RelayMisbehaved x => Problem(e, "relay-misbehaved", $"The relay broke the protocol's rules: {x.What}", ("what", x.What)),
        RelayReset => Problem(e, "relay-reset", "The relay lost its data and started a new log. Reading starts at its beginning."),
        StateRestoredFromCopy x => Problem(e, "state-restored-from-copy", $"This directory was restored from a copy: it has made blob {x.LocalSequence}, the relay has {x.RelaySequence}. Make a new device.", ("localSequence", x.LocalSequence), ("relaySequence", x.RelaySequence), ("relay", x.Relay)),
        DeviceShared x => Problem(e, "device-shared", "Another program took this device's place at the relay: two programs use this device's keys, so its directory was copied. End the other one; if both have pushed, make a new device for one of them.", ("relay", x.Relay.ToString())),
        _ => Fine(e, Kebab(e.GetType().Name), $"{e.GetType().Name}."),
    };

    /// <summary>quic, tcp, memory, none.</summary>
    public static string Transport(Transport.TransportKind kind) => Kebab(kind.ToString());

    /// <summary>UnknownKeyEpoch → unknown-key-epoch.</summary>
    public static string Kebab(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static string Blobs(ulong first, ulong last, string blob = "Blob") => first == last ? $"{blob} {first}" : $"{blob}s {first} to {last}";

    private static ToldEvent Fine(SyncEvent e, string name, string text, params ReadOnlySpan<(string Key, object? Value)> fields) => Make(e, name, text, false, fields);

    private static ToldEvent Problem(SyncEvent e, string name, string text, params ReadOnlySpan<(string Key, object? Value)> fields) => Make(e, name, text, true, fields);

    private static ToldEvent Make(SyncEvent e, string name, string text, bool problem, ReadOnlySpan<(string Key, object? Value)> fields)
    {
        var json = new JsonObject { ["event"] = name, ["at"] = e.At, ["problem"] = problem };
        foreach (var (key, value) in fields)
        {
            json[key] = value switch
            {
                null => null,
                ulong number => JsonValue.Create(number),
                bool flag => JsonValue.Create(flag),
                DateTimeOffset time => JsonValue.Create(time),
                _ => JsonValue.Create(value.ToString()),
            };
        }

        return new ToldEvent(json, Display.Safe(text), problem);
    }
}
