using ZeroK.Channel;

namespace ZeroK.Bench.Abuse;

/// <summary>What an attacker meets: refusals, sessions that end, time that is over.</summary>
internal static class Expected
{
    public static bool Is(Exception e) =>
        e is IOException or ChannelException or InvalidOperationException or ObjectDisposedException or OperationCanceledException or TimeoutException or System.Net.Sockets.SocketException;
}
