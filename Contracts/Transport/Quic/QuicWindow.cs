using System.Numerics;

namespace ZeroK.Transport;

/// <summary>How many bytes a fresh QUIC connection's peer may have sent that nobody has read: the library holds them, and no budget of ours counts them. Pure.</summary>
/// <remarks>
/// The more connections there are, the less a further one gets, so that their sum is bounded: those of one address have at most 64 MiB while they are 64, all together 256 MiB and 64 KiB for each beyond some hundreds.
/// A window can't be taken back. But whoever holds n connections has opened the n-th when the others were there.
/// </remarks>
internal static class QuicWindow
{
    // The window is the whole connection's, and what lies unread on one stream counts against it: were it no larger than what a client's transfers may have under way (1 MiB, and their tree's nodes),
    // contents that a reader leaves lying could use it up, and a push on the main stream would wait behind them. So there is always as much again, but where there is a crowd.
    public const int BytesMax = 2 * 1024 * 1024;

    // A stream's own window, at its beginning, is the library's 64 KiB.
    public const int BytesMin = 64 * 1024;

    private const int FullOfAddress = 16;
    private const int FullInAll = 64;

    /// <summary>The window: a power of two, as the library wants it.</summary>
    /// <param name="ofAddress">Connections that its address has already.</param>
    /// <param name="inAll">Connections that there are already.</param>
    public static int Bytes(int ofAddress, int inAll) => 1 << BitOperations.Log2((uint)Math.Max(BytesMin, Math.Min(Part(ofAddress, FullOfAddress), Part(inAll, FullInAll))));

    // With the square of how crowded it is: the sum of all, not each one alone, stays within twice that of the full ones.
    private static double Part(int there, int full) => there < full ? BytesMax : BytesMax * ((double)full / (there + 1)) * ((double)full / (there + 1));
}
