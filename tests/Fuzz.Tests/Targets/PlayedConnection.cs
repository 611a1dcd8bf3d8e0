using ZeroK.Transport;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>A peer that sends given bytes, then closes its side, and takes whatever it is sent.</summary>
/// <param name="bytes">What comes on the main stream.</param>
/// <param name="extra">What comes on its extra streams, if it opens some.</param>
internal sealed class PlayedConnection(byte[] bytes, byte[]? extra = null) : IConnection
{
    private int _at;

    public TransportKind Kind => TransportKind.Memory;

    public string RemoteAddress => "memory";

    public bool HasStreams => extra is not null;

    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(buffer.Length, bytes.Length - _at);
        bytes.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        return ValueTask.FromResult(count);
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => extra is null ? throw new NotSupportedException() : ValueTask.FromResult<IByteStream>(new PlayedConnection(extra));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
