namespace ZeroK.Transport;

/// <summary>Where the library asks what to do with a new connection, before its TLS handshake, and what the listener's owner has to say about it.</summary>
internal sealed class QuicGate
{
    /// <summary>False drops a client's attempt.</summary>
    public Func<string, bool>? Ask { get; set; }

    /// <summary>Connections of a client's address, and in all.</summary>
    public Func<string, (int OfAddress, int InAll)>? Crowd { get; set; }

    // Attempts that the library works on: their connections are not counted anywhere yet.
    private int _begun;

    /// <summary>An attempt begins: its connection's window.</summary>
    public int Begin(string address)
    {
        var begun = Interlocked.Increment(ref _begun) - 1;
        var (ofAddress, inAll) = Crowd?.Invoke(address) ?? default;
        return QuicWindow.Bytes(ofAddress + begun, inAll + begun);
    }

    /// <summary>An attempt ended, one way or the other. One that ended before it was asked about is none.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _begun) < 0) Interlocked.Increment(ref _begun);
    }
}
