using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>When to pull, what to tell the relay, and when the session is live. Pure.</summary>
/// <param name="acked">What the relay said at WELCOME that this device has.</param>
internal sealed class PullPlan(Cursor acked)
{
    private Cursor _ackSent = acked;
    private bool _isCaughtUp;

    /// <summary>What to tell the relay now; null if it knows.</summary>
    /// <param name="target">What the app has.</param>
    public Cursor? Ack(Cursor target) => target > _ackSent ? target : null;

    /// <summary>It was told.</summary>
    public void AckSent(Cursor target) => _ackSent = target;

    /// <summary>Where the session stands, if that changed: behind the head, or caught up.</summary>
    public SessionInput? Standing(bool isBehind)
    {
        if (isBehind != _isCaughtUp) return null;
        _isCaughtUp = !isBehind;
        return _isCaughtUp ? new SessionInput.CaughtUp() : new SessionInput.Behind();
    }

    /// <summary>Whether there is something to fetch from a relay: it is one that is read, and its head is further.</summary>
    public static bool IsBehind(bool isRead, Cursor fetched, Cursor head) => isRead && fetched < head;

    /// <summary>How many bytes to ask for; null: the app has enough before it.</summary>
    /// <param name="waitingBytes">Bytes that wait to be handed to the app.</param>
    /// <param name="prefetchBytes">How many may wait.</param>
    /// <param name="pageBytesMax">The most that a page may have.</param>
    public static uint? Room(long waitingBytes, int prefetchBytes, uint pageBytesMax) =>
        waitingBytes >= prefetchBytes ? null : (uint)Math.Min(pageBytesMax, Math.Max(64 * 1024, prefetchBytes - waitingBytes));
}
