namespace ZeroK.Cli.Contents;

/// <summary>A member's file: gets its name when it was written to its end, which the library says by disposing of it after at least one flush.</summary>
internal sealed class MemberFile(string path) : Stream
{
    private readonly NewFile _file = new(path);
    private bool _isWhole;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The library flushes once, when all was written.</summary>
    public override void Flush() => _isWhole = true;

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        Flush();
        return Task.CompletedTask;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => _file.Stream.Write(buffer, offset, count);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _file.Stream.WriteAsync(buffer, offset, count, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _file.Stream.WriteAsync(buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (_isWhole) _file.Keep();
        _isWhole = false;
        await _file.DisposeAsync();
        await base.DisposeAsync();
    }
}
