using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>When a relay's hint of a better address is followed: once a session, and not for a while after one failed. Pure: time and randomness are passed in.</summary>
/// <remarks>The rest is the relay's, not the address's: one that names another address each time gets no more tries out of a client.</remarks>
internal sealed class HintRules(RelayEndpoint listed, bool follows)
{
    /// <summary>The listed address that the session is at: a hint of it leads nowhere.</summary>
    public RelayEndpoint Here { get; set; } = listed;

    /// <summary>After a hint that failed none is followed for half to one and a half times this.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromMinutes(5);

    /// <summary>A session at a hinted address that broke sooner counts as a hint that failed: longer than a request waits for its answer.</summary>
    internal static readonly TimeSpan ProvenAfter = TimeSpan.FromMinutes(2);

    private DateTimeOffset _restsSince;
    private TimeSpan _rests;

    /// <summary>The address that is tried, or where the session is; null: the listed one.</summary>
    public RelayEndpoint? Elsewhere { get; private set; }

    /// <summary>Whether to go there.</summary>
    public bool Follow(RelayEndpoint? hint, DateTimeOffset now)
    {
        // A clock that was set back ends the rest too.
        var isResting = now >= _restsSince && now < _restsSince + _rests;
        if (!follows || isResting || hint is null || IsHere(hint)) return false;
        Elsewhere = hint;
        return true;
    }

    /// <summary>It could not be reached, or what is there is not the relay, or it refused.</summary>
    public void Failed(DateTimeOffset now, double random)
    {
        Elsewhere = null;
        (_restsSince, _rests) = (now, Rest * (0.5 + random));
    }

    /// <summary>The session broke, wherever it was: the next one begins at the listed address.</summary>
    public void Broke(DateTimeOffset? connectedAt, ErrorCode code, DateTimeOffset now, double random)
    {
        if (Elsewhere is not null && code != ErrorCode.RelayShuttingDown && !(now - connectedAt >= ProvenAfter)) Failed(now, random);
        Elsewhere = null;
    }

    /// <summary>Somebody closed it: the next one begins at the listed address.</summary>
    public void Closed() => Elsewhere = null;

    /// <summary>Somebody asks for a try now: the network may be another.</summary>
    public void Again() => _rests = TimeSpan.Zero;

    private bool IsHere(RelayEndpoint hint) => hint.Port == Here.Port && string.Equals(hint.Host, Here.Host, StringComparison.OrdinalIgnoreCase);
}
