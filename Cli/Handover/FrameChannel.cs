using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZeroK.Cli.Handover;

/// <summary>JSON objects over a stream, each behind its length (4 bytes, little-endian). One reads, many may write.</summary>
internal sealed class FrameChannel(Stream stream) : IDisposable
{
    // A blob of 1 MiB in base64, and the names around it.
    private const int FrameBytesMax = 8 * 1024 * 1024;

    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>The next object; null when the other end is gone, or sends what is none.</summary>
    public async Task<JsonObject?> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var head = new byte[sizeof(int)];
            await stream.ReadExactlyAsync(head, cancellationToken);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (length is < 2 or > FrameBytesMax) return null;
            var frame = new byte[length];
            await stream.ReadExactlyAsync(frame, cancellationToken);
            return JsonNode.Parse(frame) as JsonObject;
        }
        catch (Exception e) when (e is IOException or JsonException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Sends an object.</summary>
    /// <exception cref="IOException">The other end is gone.</exception>
    public async Task SendAsync(JsonObject message, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(message);
        if (text.Length > FrameBytesMax) throw new IOException("This is too large to be handed over.");
        var frame = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, text.Length);
        text.CopyTo(frame, sizeof(int));
        await _sending.WaitAsync(cancellationToken);
        try
        {
            // Not cancelled in its midst: half a frame would spoil all behind it.
            await stream.WriteAsync(frame, CancellationToken.None);
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("The connection is closed.", e);
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        _sending.Dispose();
    }
}
