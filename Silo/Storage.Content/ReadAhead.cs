using ZeroK.Content;
using ZeroK.Wire;

namespace ZeroK.Storage.Content;

/// <summary>Reads what an encoder will ask for in few large steps: a store may open a file or ask a server for each.</summary>
internal sealed class ReadAhead(IContentStore store, ContentKey key, TreeSource source, int bytesMax) : IDisposable
{
    private byte[] _buffer = [];
    private long _start;
    private int _count;

    /// <summary>What an encoder asks for.</summary>
    /// <param name="read">What.</param>
    /// <param name="ahead">Bytes from there on that will be asked for too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Good until the next call. Empty if the store has less.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(TreeRead read, long ahead, CancellationToken cancellationToken)
    {
        if (read.Offset < _start || read.Offset + read.Length > _start + _count)
        {
            var wanted = (int)Math.Max(read.Length, Math.Min(ahead, bytesMax));
            if (_buffer.Length < wanted) Renew(wanted);
            _start = read.Offset;
            _count = await store.ReadAsync(key, source, read.Offset, _buffer.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
        }

        return _count - (read.Offset - _start) < read.Length ? default : _buffer.AsMemory((int)(read.Offset - _start), read.Length);
    }

    public void Dispose() => Renew(0);

    private void Renew(int bytes)
    {
        if (_buffer.Length > 0) LargeBuffers.Return(_buffer);
        _buffer = bytes == 0 ? [] : LargeBuffers.Rent(bytes);
    }
}
