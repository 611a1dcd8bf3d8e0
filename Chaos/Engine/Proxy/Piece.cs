namespace ZeroK.Chaos.Proxy;

/// <summary>What travels through a link.</summary>
public enum PieceKind
{
    /// <summary>Bytes of a stream, or one datagram.</summary>
    Data = 0,
    /// <summary>The sender has completed its side (FIN).</summary>
    End,
    /// <summary>The link is closed in both directions, in order.</summary>
    Close,
    /// <summary>The link is aborted in both directions (RST).</summary>
    Reset,
}

/// <summary>Which medium a link is.</summary>
public enum Carrier
{
    /// <summary>A TCP connection: bytes in order, none lost while it lives.</summary>
    Stream = 0,
    /// <summary>UDP: whole datagrams, any order, any may be lost.</summary>
    Datagram,
}

/// <summary>Which way: the words of Toxiproxy.</summary>
public enum Direction
{
    /// <summary>From the client to the server.</summary>
    Upstream = 0,
    /// <summary>From the server to the client.</summary>
    Downstream,
}

/// <summary>A piece of traffic and when it goes out.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">The bytes of <see cref="PieceKind.Data"/>.</param>
/// <param name="Due">When it goes out, time since the link began; <see cref="Held"/>: not before the toxics change.</param>
public readonly record struct Piece(PieceKind Kind, ReadOnlyMemory<byte> Bytes, TimeSpan Due)
{
    /// <summary>A due time that never comes by itself.</summary>
    public static readonly TimeSpan Held = TimeSpan.MaxValue;

    /// <summary>This piece, later by <paramref name="by"/>.</summary>
    public Piece Later(TimeSpan by) => Due == Held ? this : this with { Due = Due + by };

    /// <summary>This piece, not before <paramref name="due"/>.</summary>
    public Piece NotBefore(TimeSpan due) => due > Due ? this with { Due = due } : this;
}

/// <summary>Takes what a toxic lets out.</summary>
public delegate void PieceSink(Piece piece);
