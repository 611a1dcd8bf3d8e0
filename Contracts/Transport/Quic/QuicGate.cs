namespace ZeroK.Transport;

/// <summary>Where the library asks what to do with a new connection, before its TLS handshake, and what the listener's owner has to say about it.</summary>
internal sealed class QuicGate
{
    /// <summary>False drops a client's attempt.</summary>
    public Func<string, bool>? Ask { get; set; }
}
