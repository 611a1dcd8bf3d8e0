using System.Net.Quic;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;

namespace ZeroK.Transport;

/// <summary>What System.Net.Quic throws, in the words of this project.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal static class QuicFaults
{
    /// <summary>The application error code of streams and connections that are aborted; the reasons are told by messages above.</summary>
    public const long AbortCode = 0;

    /// <summary>Whether it says that the connection, stream or listener can't be used any more, or never could.</summary>
    public static bool IsGone(Exception e) => e is QuicException or ObjectDisposedException or AuthenticationException or SocketException or InvalidOperationException;

    public static TransportException Gone(Exception e) => new("QUIC: the connection is gone.", e);

    public static string Describe(Exception e) => e switch
    {
        QuicException { QuicError: QuicError.ConnectionRefused } => "nothing listens there (refused)",
        QuicException { QuicError: QuicError.ConnectionTimeout or QuicError.ConnectionIdle } => "no answer; is UDP blocked?",
        QuicException { QuicError: QuicError.AlpnInUse } => "another program has this UDP port; stop it or choose another port",
        QuicException { QuicError: QuicError.VersionNegotiationError } => "no common QUIC version",
        SocketException s => Tcp(s),
        AuthenticationException => "what listens there doesn't speak 0ksync/1",
        _ => e.Message,
    };

    private static string Tcp(SocketException e) => TcpTransport.Describe(e);
}
