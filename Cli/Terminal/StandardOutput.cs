using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ZeroK.Cli.Terminal;

/// <summary>Standard output by the system's own calls. The runtime's stream keeps quiet when the reader is gone, so that what nobody got would count as taken.</summary>
internal sealed partial class StandardOutput : Stream, IDelivery
{
    private const int Descriptor = 1, StandardHandle = -11;
    private const int Interrupted = 4, BadDescriptor = 9, Invalid = 22, BrokenPipe = 32;
    private const int WindowsBrokenPipe = 109, WindowsNoData = 232;
    private const short CanWriteNow = 4, Error = 8, HungUp = 16, NotOpen = 32;
    private const nuint BytesUnread = 0x541B;

    private readonly Kind _kind;
    private readonly nint _windows;
    private long _written, _synced;
    private int _isWriting;
    private IOException? _broken;

    private StandardOutput(Kind kind)
    {
        _kind = kind;
        if (OperatingSystem.IsWindows()) _windows = GetStdHandle(StandardHandle);
    }

    private enum Kind
    {
        // A terminal, a socket, or what this system can't tell: out when it is written.
        Plain = 0,
        Pipe,
        File,
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public long Written => Interlocked.Read(ref _written);

    public bool IsWriting => Volatile.Read(ref _isWriting) != 0;

    public bool ReaderIsGone => !OperatingSystem.IsWindows() && (Poll(0, 0) & (Error | HungUp | NotOpen)) != 0;

    /// <summary>The process's standard output.</summary>
    public static StandardOutput Open(bool isTerminal)
    {
        if (isTerminal || OperatingSystem.IsWindows()) return new StandardOutput(Kind.Plain);
        if (Seek(Descriptor, 0, 1) >= 0) return new StandardOutput(Kind.File);

        // Only Linux tells a pipe's writer how much is unread; a socket's answer would be about the other direction.
        var name = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/fd/1").LinkTarget : null;
        return new StandardOutput(name is not null && !name.StartsWith("socket:", StringComparison.Ordinal) ? Kind.Pipe : Kind.Plain);
    }

    public long Delivered()
    {
        var written = Written;
        if (Volatile.Read(ref _broken) is { } broken) throw broken;
        if (_kind == Kind.Pipe) return UnreadBytes(Descriptor, BytesUnread, out var unread) == 0 ? written - unread : written;
        if (_kind == Kind.File && _synced < written) Synchronize();
        _synced = written;
        return written;
    }

    public override void Flush()
    {
        // Nothing is kept back here.
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        Interlocked.Increment(ref _isWriting);
        try
        {
            while (!buffer.IsEmpty)
            {
                if (_broken is not null) throw _broken;
                fixed (byte* bytes = buffer)
                {
                    var done = OperatingSystem.IsWindows() ? WriteWindows(bytes, buffer.Length) : WriteUnix(Descriptor, bytes, buffer.Length);
                    if (done < 0)
                    {
                        Failed(Marshal.GetLastPInvokeError());
                        continue;
                    }

                    Interlocked.Add(ref _written, done);
                    buffer = buffer[(int)done..];
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _isWriting);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Returns where trying again helps. What failed stays failed: half a line is never followed by another.
    private void Failed(int error)
    {
        if (OperatingSystem.IsWindows())
        {
            _broken = error is WindowsBrokenPipe or WindowsNoData ? new OutputClosedException() : new OutputFailedException(Name(error));
            return;
        }

        if (error == Interrupted) return;
        if (error == WouldBlock) Poll(CanWriteNow, -1);
        else _broken = error == BrokenPipe ? new OutputClosedException() : new OutputFailedException(error == BadDescriptor ? "it is closed" : Name(error));
    }

    // A device that keeps nothing refuses this call: there is nothing to put on stable storage then.
    private void Synchronize()
    {
        while (Fsync(Descriptor) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted) continue;
            if (error == Invalid) return;
            throw _broken = new OutputFailedException(Name(error));
        }
    }

    private static int WouldBlock => OperatingSystem.IsLinux() ? 11 : 35;

    private static string Name(int error) => new Win32Exception(error).Message;

    private static unsafe short Poll(short events, int milliseconds)
    {
        var one = new PollEntry { Descriptor = Descriptor, Events = events };
        return PollUnix(&one, 1, milliseconds) < 0 ? (short)0 : one.Happened;
    }

    private unsafe nint WriteWindows(byte* bytes, int count) => WriteFile(_windows, bytes, (uint)count, out var done, 0) != 0 ? (nint)done : -1;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteUnix(int fd, byte* bytes, nint count);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int fd, long offset, int from);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int fd);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int PollUnix(PollEntry* entries, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int UnreadBytes(int fd, nuint request, out int count);

    [LibraryImport("kernel32", EntryPoint = "GetStdHandle", SetLastError = true)]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32", EntryPoint = "WriteFile", SetLastError = true)]
    private static unsafe partial int WriteFile(nint file, byte* bytes, uint count, out uint done, nint overlapped);
}
