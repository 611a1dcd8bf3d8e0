using Microsoft.Win32.SafeHandles;

namespace ZeroK.Client.Content;

/// <summary>A staged object in two files.</summary>
internal sealed class FileStagedObject(string sealedPath, string outboardPath) : IStagedObject
{
    private readonly SafeFileHandle _content = Open(sealedPath);
    private readonly SafeFileHandle _outboard = Open(outboardPath);

    public void WriteContent(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_content, bytes, offset);

    public int ReadContent(long offset, Span<byte> destination) => Read(_content, offset, destination);

    public void WriteOutboard(long offset, ReadOnlySpan<byte> parents) => RandomAccess.Write(_outboard, parents, offset);

    public int ReadOutboard(long offset, Span<byte> destination) => Read(_outboard, offset, destination);

    public void Dispose()
    {
        _content.Dispose();
        _outboard.Dispose();
    }

    private static SafeFileHandle Open(string path)
    {
        if (!OperatingSystem.IsWindows() && !File.Exists(path))
        {
            using var made = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }

        return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    private static int Read(SafeFileHandle file, long offset, Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var count = RandomAccess.Read(file, destination[done..], offset + done);
            if (count == 0) break;
            done += count;
        }

        return done;
    }
}
