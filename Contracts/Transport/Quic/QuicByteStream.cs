using System.Net.Quic;
using System.Runtime.Versioning;

namespace ZeroK.Transport;

/// <summary>One bidirectional QUIC stream.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal sealed class QuicByteStream(QuicStream stream) : IByteStream
{
    private volatile bool _completed;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        // An empty write would tell the peer nothing.
        if (bytes.IsEmpty) return;
        try
        {
            await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (QuicFaults.IsGone(e))
        {
            throw QuicFaults.Gone(e);
        }
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (QuicFaults.IsGone(e))
        {
            throw QuicFaults.Gone(e);
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            stream.CompleteWrites();
            _completed = true;
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (QuicFaults.IsGone(e))
        {
            throw QuicFaults.Gone(e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Without the abort, disposing would end the stream in order: half a message would look like a whole one.
        try
        {
            stream.Abort(_completed ? QuicAbortDirection.Read : QuicAbortDirection.Both, QuicFaults.AbortCode);
        }
        catch (ObjectDisposedException)
        {
            // Disposed of twice, or with its connection: nothing is left to abort.
        }

        await stream.DisposeAsync().ConfigureAwait(false);
    }
}
