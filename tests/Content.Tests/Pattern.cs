namespace ZeroK.Content.Tests;

/// <summary>A seekable stream of any length whose byte n follows from n.</summary>
internal sealed class Pattern(long length) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public static byte At(long position) => (byte)((ulong)position * 0x9E37_79B9_7F4A_7C15 >> 56);

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, length - Position);
        for (var i = 0; i < count; i++) buffer[i] = At(Position + i);
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Takes what <see cref="Pattern"/> gives, and keeps nothing.</summary>
internal sealed class CheckedSink(Pattern source) : Stream
{
    /// <summary>How far reading was ahead of what arrived here, at most: what lay in memory between.</summary>
    public long LeadMax { get; private set; }

    /// <summary>Bytes that were right.</summary>
    public long Checked { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get; set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        LeadMax = Math.Max(LeadMax, source.Position - Position);
        foreach (var value in buffer)
        {
            if (value != Pattern.At(Position)) throw new InvalidDataException($"Byte {Position} is wrong.");
            Position++;
            Checked++;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
