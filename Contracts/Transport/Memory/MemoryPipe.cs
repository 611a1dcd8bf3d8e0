using System.Threading.Channels;

namespace ZeroK.Transport;

/// <summary>One direction of an in-memory connection: chunks in order, bounded.</summary>
internal sealed class MemoryPipe(int chunksMax)
{
    private readonly Channel<byte[]> _chunks = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(chunksMax) { SingleReader = false });
    private ReadOnlyMemory<byte> _current;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _chunks.Writer.WriteAsync(bytes.ToArray(), cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new TransportException("In memory: the connection is gone.", e);
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_current.IsEmpty)
        {
            try
            {
                if (!await _chunks.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)) return 0;
            }
            catch (IOException e)
            {
                throw new TransportException("In memory: the connection is gone.", e);
            }

            if (_chunks.Reader.TryRead(out var next)) _current = next;
        }

        var count = Math.Min(buffer.Length, _current.Length);
        _current[..count].CopyTo(buffer);
        _current = _current[count..];
        return count;
    }

    /// <summary>Nothing more will be written; what was written can still be read.</summary>
    public void Complete() => _chunks.Writer.TryComplete();

    /// <summary>Cuts it: what was not read is lost.</summary>
    public void Abort()
    {
        _chunks.Writer.TryComplete(new IOException("cut"));
        while (_chunks.Reader.TryRead(out _)) { }
    }
}
