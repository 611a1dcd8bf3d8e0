using ZeroK.Chaos.Proxy;
using ZeroK.Transport;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>Changes one handshake frame between a client's handshake and its transport, and keeps what each side sent.</summary>
internal sealed class TamperedConnection(IConnection inner, (Direction Direction, TamperPlan Plan)? attack) : IConnection
{
    private const int ReadBytes = 4096;

    // Up: preface, message 1, message 3. Down: message 2, message 4.
    private readonly FrameTamper _seenUp = new(new TamperPlan(2, TamperAction.None));
    private readonly FrameTamper _seenDown = new(new TamperPlan(1, TamperAction.None));
    private readonly FrameTamper? _up = attack is { Direction: Direction.Upstream } up ? new FrameTamper(up.Plan) : null;
    private readonly FrameTamper? _down = attack is { Direction: Direction.Downstream } down ? new FrameTamper(down.Plan) : null;
    private ReadOnlyMemory<byte> _arrived;

    /// <summary>Whether the change was made.</summary>
    public bool Tampered => _up is { Done: true } || _down is { Done: true };

    /// <summary>The frames as their senders sent them.</summary>
    public HandshakeRecord Record => new(_seenUp.Seen, _seenDown.Seen);

    public TransportKind Kind => inner.Kind;

    public string RemoteAddress => inner.RemoteAddress;

    public bool HasStreams => inner.HasStreams;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        _seenUp.Pass(bytes.Span);
        if (_up is null)
        {
            await inner.SendAsync(bytes, cancellationToken).ConfigureAwait(false);
            return;
        }

        var had = _up.Ends;
        var passed = _up.Pass(bytes.Span);
        if (passed.Length > 0) await inner.SendAsync(passed, cancellationToken).ConfigureAwait(false);
        if (_up.Ends && !had) await inner.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_arrived.IsEmpty && _down is not { Ends: true })
        {
            var chunk = new byte[ReadBytes];
            var read = await inner.ReceiveAsync(chunk, cancellationToken).ConfigureAwait(false);
            if (read == 0) break;
            _seenDown.Pass(chunk.AsSpan(0, read));
            _arrived = _down is null ? chunk.AsMemory(0, read) : _down.Pass(chunk.AsSpan(0, read));
        }

        var given = Math.Min(buffer.Length, _arrived.Length);
        _arrived[..given].CopyTo(buffer);
        _arrived = _arrived[given..];
        return given;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => _up is { Ends: true } ? ValueTask.CompletedTask : inner.CompleteAsync(cancellationToken);

    public ValueTask<IByteStream> OpenStreamAsync(CancellationToken cancellationToken = default) => inner.OpenStreamAsync(cancellationToken);

    public ValueTask<IByteStream> AcceptStreamAsync(CancellationToken cancellationToken = default) => inner.AcceptStreamAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
