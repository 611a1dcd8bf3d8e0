namespace ZeroK.Channel;

/// <summary>What a relay asks before it computes anything for a client's handshake.</summary>
public interface IHandshakeGuard
{
    /// <summary>Whether so much is going on that a client must first send back a cookie: what is only replayed, and reads no answer, then costs two hashes.</summary>
    bool IsLoaded { get; }

    /// <summary>Takes one handshake's computing; false if there is none left now: the client is refused, and told when to come back.</summary>
    bool TryBegin(out uint retryAfterMs);
}
