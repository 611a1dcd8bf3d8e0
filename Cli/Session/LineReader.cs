using System.Buffers;

namespace ZeroK.Cli.Session;

/// <summary>Reads lines as the bytes that they are, each up to a limit: what is longer is passed over, and said to be.</summary>
internal sealed class LineReader(Stream input, int lineBytesMax)
{
    private readonly byte[] _chunk = new byte[64 * 1024];
    private int _from, _to;

    /// <summary>The next line without its end; null at the end of the input.</summary>
    /// <returns>Its bytes, and whether it was too long; then there are none.</returns>
    public async Task<(ReadOnlyMemory<byte> Bytes, bool IsTooLong)?> ReadAsync(CancellationToken cancellationToken)
    {
        var line = new ArrayBufferWriter<byte>();
        var (isTooLong, hasAny) = (false, false);
        while (true)
        {
            if (_from == _to)
            {
                // A read from a terminal or a pipe can't be taken back: the wait for it can.
                (_from, _to) = (0, await Task.Run(() => input.Read(_chunk), CancellationToken.None).WaitAsync(cancellationToken));
                if (_to == 0) return hasAny ? (line.WrittenMemory, isTooLong) : null;
            }

            hasAny = true;
            var left = _chunk.AsMemory(_from, _to - _from);
            var end = left.Span.IndexOf((byte)'\n');
            var part = end < 0 ? left : left[..end];
            _from += part.Length + (end < 0 ? 0 : 1);
            isTooLong |= line.WrittenCount + part.Length > lineBytesMax;
            if (isTooLong) line.ResetWrittenCount();
            else line.Write(part.Span);
            if (end >= 0) return (line.WrittenMemory, isTooLong);
        }
    }
}
