namespace ZeroK.Client.Session;

/// <summary>Which relay is the primary: the one whose acknowledgement counts and that is read from. Pure.</summary>
/// <remarks>The order of the group's list is the preference. A relay that is lost is left at once; a better one is gone back to only when it has been connected without a break for a while, so that a flapping one is left alone.</remarks>
internal static class RelayChoice
{
    /// <summary>Chooses.</summary>
    /// <param name="current">The primary now.</param>
    /// <param name="relays">All relays, in order of preference.</param>
    /// <param name="sinceStart">How long the client has been running.</param>
    /// <param name="headStart">At the start a relay waits so long for the ones before it to connect or fail.</param>
    /// <param name="failBack">How long a better relay must have been connected to be gone back to.</param>
    /// <returns>The primary, and when to look again though nothing happened.</returns>
    public static (int Primary, TimeSpan? LookAgain) Choose(int current, ReadOnlySpan<RelayHealth> relays, TimeSpan sinceStart, TimeSpan headStart, TimeSpan failBack)
    {
        if (relays.Length == 1) return (0, null);
        var needsPush = HasAny(relays, mustPush: true);
        return Usable(relays[current], needsPush) ? Stay(current, relays, needsPush, failBack) : Leave(current, relays, needsPush, sinceStart, headStart);
    }

    private static (int, TimeSpan?) Stay(int current, ReadOnlySpan<RelayHealth> relays, bool needsPush, TimeSpan failBack)
    {
        TimeSpan? again = null;
        for (var i = 0; i < current; i++)
        {
            if (!Usable(relays[i], needsPush)) continue;
            var left = failBack - relays[i].ReadyFor;
            if (left <= TimeSpan.Zero) return (i, null);
            if (again is null || left < again) again = left;
        }

        return (current, again);
    }

    private static (int, TimeSpan?) Leave(int current, ReadOnlySpan<RelayHealth> relays, bool needsPush, TimeSpan sinceStart, TimeSpan headStart)
    {
        for (var i = 0; i < relays.Length; i++)
        {
            if (Usable(relays[i], needsPush)) return (i, null);
            if (!relays[i].HasFailed && !relays[i].IsReady && sinceStart < headStart && HasAny(relays, needsPush)) return (current, headStart - sinceStart);
        }

        // Offline: the one to name is the first that is still tried.
        if (!relays[current].IsRefused) return (current, null);
        for (var i = 0; i < relays.Length; i++)
            if (!relays[i].IsRefused) return (i, null);
        return (current, null);
    }

    private static bool HasAny(ReadOnlySpan<RelayHealth> relays, bool mustPush)
    {
        foreach (var relay in relays)
            if (Usable(relay, mustPush)) return true;
        return false;
    }

    private static bool Usable(RelayHealth relay, bool needsPush) => relay.IsReady && (relay.TakesPushes || !needsPush);
}

/// <summary>How one relay does.</summary>
/// <param name="IsReady">A session is open.</param>
/// <param name="ReadyFor">For how long without a break.</param>
/// <param name="HasFailed">A try or a session has failed since the start.</param>
/// <param name="IsRefused">It is not tried any more.</param>
/// <param name="TakesPushes">Nothing of this device is refused there for good.</param>
internal readonly record struct RelayHealth(bool IsReady, TimeSpan ReadyFor, bool HasFailed, bool IsRefused, bool TakesPushes);
