using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace ZeroK.Cli.Handover;

/// <summary>The local socket in a device's directory: mode 0600 in a directory of mode 0700, and only for the user that owns both.</summary>
internal sealed partial class ControlSocket : IDisposable
{
    private const string Name = "control.sock";
    private const int Backlog = 16, SocketLevel = 1, PeerCredentials = 17, CredentialsSize = 12, UserOffset = 4;

    private readonly int _folder;

    private ControlSocket(Socket socket, int folder) => (Socket, _folder) = (socket, folder);

    /// <summary>The open socket.</summary>
    public Socket Socket { get; }

    /// <summary>Listens. Only for the one that holds the device's lock: what lies there from a killed process is removed.</summary>
    /// <returns>Null if this file system or system has no such sockets: then nothing can be handed over.</returns>
    public static ControlSocket? TryListen(string directory)
    {
        var path = Path.Combine(directory, Name);
        return TryOpen(directory, (socket, at) =>
        {
            File.Delete(path);
            socket.Bind(at);

            // Before it listens nobody gets through, whatever the mask for new files says.
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(Backlog);
        });
    }

    /// <summary>Connects to the process that runs on a directory; null if none listens.</summary>
    public static ControlSocket? TryConnect(string directory)
    {
        if (!File.Exists(Path.Combine(directory, Name))) return null;
        var connection = TryOpen(directory, static (socket, at) => socket.Connect(at));
        if (connection is null || IsOfThisUser(connection.Socket)) return connection;
        connection.Dispose();
        return null;
    }

    /// <summary>Whether the other end is a process of this user.</summary>
    public static bool IsOfThisUser(Socket socket)
    {
        // Elsewhere the modes of directory and socket alone keep others out.
        if (!OperatingSystem.IsLinux()) return true;
        Span<byte> credentials = stackalloc byte[CredentialsSize];
        return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == CredentialsSize
            && MemoryMarshal.Read<uint>(credentials[UserOffset..]) == UserId();
    }

    public void Dispose()
    {
        Socket.Dispose();
        if (_folder >= 0) _ = Close(_folder);
    }

    // Windows before 10 1803, and Wine, refuse the kind of socket itself.
    internal static ControlSocket? TryOpen(string directory, Action<Socket, UnixDomainSocketEndPoint> open, Func<Socket>? make = null)
    {
        var folder = -1;
        Socket? socket = null;
        try
        {
            socket = make is null ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : make();
            open(socket, AddressOf(directory, ref folder));
            return new ControlSocket(socket, folder);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentOutOfRangeException or PlatformNotSupportedException)
        {
            socket?.Dispose();
            if (folder >= 0) _ = Close(folder);
            return null;
        }
    }

    // A socket's address has room for 104 to 108 bytes. Linux names an open folder in less; elsewhere a longer path has no socket.
    private static UnixDomainSocketEndPoint AddressOf(string directory, ref int folder)
    {
        var path = Path.Combine(directory, Name);
        if (HasRoomFor(path) || !OperatingSystem.IsLinux()) return new UnixDomainSocketEndPoint(path);
        folder = Open(directory, 0);
        return folder >= 0 ? new UnixDomainSocketEndPoint($"/proc/self/fd/{folder}/{Name}") : throw new IOException("The directory can't be opened.");
    }

    private static bool HasRoomFor(string path)
    {
        const int LeastRoom = 104;
        return Encoding.UTF8.GetByteCount(path) < LeastRoom;
    }

    /// <summary>Why a directory may have no socket, for a person; null if there is no such reason.</summary>
    public static string? WhyNone(string directory) =>
        !Socket.OSSupportsUnixDomainSockets ? "This system has no local sockets, by which another zerok could take this over."
        : HasRoomFor(Path.Combine(directory, Name)) || OperatingSystem.IsLinux() ? null : "Its path is too long for a local socket, by which another zerok could take this over: a shorter --data-dir has room.";

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserId();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int fd);
}
