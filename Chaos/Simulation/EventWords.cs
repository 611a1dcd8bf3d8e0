using ZeroK.Client;

namespace ZeroK.Chaos.Simulation;

/// <summary>A device's events as a trace tells them: in numbers, so that a replay says the same.</summary>
internal static class EventWords
{
    public static string Of(SyncEvent happened) => happened switch
    {
        Omission o => FormattableString.Invariant($"Omission: {SimDevice.NameOf(o.Sender)}#{o.FirstSequence} to {o.LastSequence} at cursor {o.Cursor.Value}:"),
        Missed m => FormattableString.Invariant($"Missed: {SimDevice.NameOf(m.Sender)}#{m.FirstSequence} to {m.LastSequence}, {m.Reason}:"),
        Expired e => FormattableString.Invariant($"Expired: cursors {e.First.Value} to {e.Last.Value}:"),
        Replay r => FormattableString.Invariant($"Replay: {SimDevice.NameOf(r.Sender)}#{r.Sequence} at cursor {r.Cursor.Value}:"),
        _ => happened.GetType().Name,
    };
}
