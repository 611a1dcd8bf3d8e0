namespace ZeroK.Chaos.Proxy.Toxics;

/// <summary>What packet loss does to a TCP stream, seen from outside: nothing is missing, but a lost segment and all behind it come later.</summary>
/// <remarks>
/// A proxy between two sockets can't lose a segment of either connection. So it cuts the stream into segments and delays each by the retransmissions
/// that its losses would have cost: <c>retransmit</c> milliseconds for the first, doubling (RFC 6298), at most <see cref="LossesMax"/> in a row.
/// Segments of one burst are recovered side by side, as with selective acknowledgement.
/// </remarks>
internal static class Segments
{
    /// <summary>Bytes of a segment on an Ethernet path: 1,500 less the headers of IPv4 and TCP with timestamps.</summary>
    public const int Bytes = 1448;

    /// <summary>Losses of one segment in a row that are counted: 200 ms × (2^6 − 1) is 12.6 s.</summary>
    public const int LossesMax = 6;

    public static void Delay(Piece piece, double retransmitMs, Func<bool> lost, ToxicLink link, PieceSink emit)
    {
        if (piece.Kind != PieceKind.Data)
        {
            emit(piece);
            return;
        }

        for (var at = 0; at < piece.Bytes.Length; at += Bytes)
        {
            var losses = 0;
            while (losses < LossesMax && lost()) losses++;
            if (losses > 0) link.Hit();
            var segment = piece with { Bytes = piece.Bytes.Slice(at, Math.Min(Bytes, piece.Bytes.Length - at)) };
            emit(segment.Later(TimeSpan.FromMilliseconds(retransmitMs * ((1 << losses) - 1))));
        }
    }
}
