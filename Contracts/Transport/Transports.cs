namespace ZeroK.Transport;

/// <summary>The transports of this build, one row each, in the order in which a client tries them.</summary>
public static class Transports
{
    /// <summary>QUIC, then TCP.</summary>
    public static IReadOnlyList<ITransport> All { get; } = [new QuicTransport(), new TcpTransport()];

    /// <summary>The transport of a kind.</summary>
    /// <exception cref="ArgumentException">There is none: the in-memory one is made by its test.</exception>
    public static ITransport Of(TransportKind kind) => All.FirstOrDefault(t => t.Kind == kind) ?? throw new ArgumentException($"There is no transport {kind} in this build.", nameof(kind));
}
