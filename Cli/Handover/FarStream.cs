using System.Text.Json.Nodes;

namespace ZeroK.Cli.Handover;

/// <summary>A stream that the other process has open: each read and write is asked for there.</summary>
/// <param name="ask">Asks; the answer's "bytes" are what was read.</param>
/// <param name="number">Which of the other's streams.</param>
/// <param name="length">Its length; null if it can't tell.</param>
internal sealed class FarStream(Func<JsonObject, CancellationToken, Task<JsonObject>> ask, int number, long? length) : Stream
{
    private const int PieceBytesMax = 1024 * 1024;
    private bool _isClosed;

    public override bool CanRead => true;

    public override bool CanSeek => length is not null;

    public override bool CanWrite => true;

    public override long Length => length ?? throw new NotSupportedException();

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var request = new JsonObject { ["read"] = Math.Min(buffer.Length, PieceBytesMax), ["stream"] = number };
        if (CanSeek) request["at"] = Position;
        var bytes = Convert.FromBase64String((string?)(await ask(request, cancellationToken))["bytes"] ?? "");
        bytes.CopyTo(buffer);
        Position += bytes.Length;
        return bytes.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(buffer.Length, PieceBytesMax)..])
            await ask(new JsonObject { ["write"] = Convert.ToBase64String(buffer.Span[..Math.Min(buffer.Length, PieceBytesMax)]), ["stream"] = number }, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => ask(new JsonObject { ["flush"] = true, ["stream"] = number }, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Closes it over there, which says that all was written.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            await ask(new JsonObject { ["close"] = true, ["stream"] = number }, CancellationToken.None);
        }

        await base.DisposeAsync();
    }

    /// <summary>Does for a stream of this process what a <see cref="FarStream"/> of the other asks for.</summary>
    public static async Task<JsonObject> DoAsync(Stream stream, long start, JsonNode request, CancellationToken cancellationToken)
    {
        if ((string?)request["write"] is { } bytes) await stream.WriteAsync(Convert.FromBase64String(bytes), cancellationToken);
        if (request["flush"] is not null) await stream.FlushAsync(cancellationToken);
        if (request["close"] is not null) await stream.DisposeAsync();
        if ((int?)request["read"] is not { } most) return [];
        if ((long?)request["at"] is { } at && stream.Position != start + at) stream.Position = start + at;
        var buffer = new byte[Math.Min(most, PieceBytesMax)];
        var read = await stream.ReadAsync(buffer, cancellationToken);
        return new JsonObject { ["bytes"] = Convert.ToBase64String(buffer.AsSpan(0, read)) };
    }
}
