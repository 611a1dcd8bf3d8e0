using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ZeroK.Client.Keys;
using ZeroK.Noise;
using ZeroK.Wire;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>What a relay answered to an attack.</summary>
internal enum AnswerKind
{
    /// <summary>Nothing within the time that was given.</summary>
    Silence = 0,
    /// <summary>The connection was closed without a word.</summary>
    Closed,
    /// <summary>An ERROR, a BYE with a code, or the handshake's refusal.</summary>
    Refused,
    /// <summary>A message of the protocol that refuses nothing.</summary>
    Message,
}

/// <summary>An answer.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Code">The refusal's code; None for none.</param>
/// <param name="Message">The message, if it was one.</param>
internal sealed record Answer(AnswerKind Kind, ErrorCode Code = ErrorCode.None, WireMessage? Message = null)
{
    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        AnswerKind.Refused => Code.ToString(),
        AnswerKind.Message => Message!.Type.ToString(),
        _ => Kind.ToString(),
    };
}

/// <summary>A hostile peer on a bare TCP socket: it speaks the protocol as far as it wants, and sends any bytes, in clear or sealed.</summary>
internal sealed class Intruder : IAsyncDisposable
{
    private const byte Preface = 0, Handshake = 1, Refusal = 2, Cookie = 3;
    private static readonly byte[] PrefaceBody = [.. "0KSY"u8, 1, 1, 1];

    private readonly Socket _socket;
    private readonly List<byte> _opened = [];
    private NoiseSession? _noise;
    private byte[] _hash = [];

    private Intruder(Socket socket) => _socket = socket;

    /// <summary>The preface and message 1 as they were sent.</summary>
    public byte[] First { get; private set; } = [];

    /// <summary>Message 3 as it was sent.</summary>
    public byte[] Third { get; private set; } = [];

    /// <summary>The last sealed bytes as they were sent.</summary>
    public byte[] LastSealed { get; private set; } = [];

    /// <summary>Opens a connection from one of the addresses that attackers have: never the devices' own.</summary>
    public static async Task<Intruder> DialAsync(Target target, Random random, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(new IPAddress([127, (byte)random.Next(10, 250), (byte)random.Next(1, 250), (byte)random.Next(1, 250)]), 0));
            await socket.ConnectAsync(target.Endpoint, cancellationToken).ConfigureAwait(false);
            return new Intruder(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A handshake frame: kind, length, body.</summary>
    public static byte[] Clear(byte kind, ReadOnlySpan<byte> body) => [kind, (byte)(body.Length >> 8), (byte)body.Length, .. body];

    /// <summary>The frame that begins every handshake.</summary>
    public static byte[] PrefaceFrame => Clear(Preface, PrefaceBody);

    /// <summary>Preface and a fresh message 1.</summary>
    public static byte[] FreshFirst(StaticIdentity identity)
    {
        using var noise = new NoiseHandshake(initiator: true, [.. "0ksync/1"u8, .. PrefaceBody], identity);
        return [.. PrefaceFrame, .. Clear(Handshake, Next(noise))];
    }

    /// <summary>A whole handshake. The relay may ask for a cookie first.</summary>
    public async Task HandshakeAsync(StaticIdentity identity, CancellationToken cancellationToken)
    {
        using var noise = new NoiseHandshake(initiator: true, [.. "0ksync/1"u8, .. PrefaceBody], identity);
        First = [.. PrefaceFrame, .. Clear(Handshake, Next(noise))];
        await SendAsync(First, cancellationToken).ConfigureAwait(false);
        Read(noise, await HandshakeBodyAsync(cancellationToken).ConfigureAwait(false));
        Third = Clear(Handshake, Next(noise));
        await SendAsync(Third, cancellationToken).ConfigureAwait(false);
        Read(noise, await HandshakeBodyAsync(cancellationToken).ConfigureAwait(false));
        (_noise, _hash) = (noise.Split(NoiseSession.RekeyEveryMessages), noise.HandshakeHash.ToArray());
    }

    /// <summary>HELLO as this session needs it.</summary>
    public Hello HelloFor(KeyRing keys, GroupId group, DeviceIdentity identity, bool create) =>
        new(group, identity.SigningKey, keys.AdmissionKey, keys.SignHello(_hash, group, new DeviceId(identity.Id.Span)), create, default);

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty) bytes = bytes[await _socket.SendAsync(bytes, cancellationToken).ConfigureAwait(false)..];
    }

    /// <summary>Seals bytes into transport messages and sends them.</summary>
    public async Task SendSealedAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var output = new List<byte>();
        foreach (var part in bytes.ToArray().Chunk(NoiseSession.MessageBytesMax - NoiseSession.TagBytes))
        {
            var sealedPart = new byte[part.Length + NoiseSession.TagBytes];
            _noise!.Seal(part, sealedPart);
            output.AddRange([(byte)(sealedPart.Length >> 8), (byte)sealedPart.Length, .. sealedPart]);
        }

        LastSealed = [.. output];
        await SendAsync(LastSealed, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a message of the protocol.</summary>
    public Task SendAsync(uint request, WireMessage message, CancellationToken cancellationToken) => SendSealedAsync(FrameOf(request, message), cancellationToken);

    /// <summary>A message's bytes.</summary>
    public static byte[] FrameOf(uint request, WireMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WireCodec.Write(buffer, request, message);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A frame with any length field, type and body.</summary>
    public static byte[] Frame(uint length, byte type, ReadOnlySpan<byte> body)
    {
        var frame = new byte[9 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, length);
        frame[4] = type;
        frame[8] = 1;
        body.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>No more bytes from this side.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The relay has closed it already.
        }
    }

    /// <summary>What the relay says next; NOTIFY and PRESENCE are passed over, and what is not an answer but an end counts as one.</summary>
    public async Task<Answer> AnswerAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        try
        {
            return _noise is null ? await ClearAnswerAsync(late.Token).ConfigureAwait(false) : await SealedAnswerAsync(late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Answer(AnswerKind.Silence);
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            return new Answer(AnswerKind.Closed);
        }
    }

    public ValueTask DisposeAsync()
    {
        _noise?.Dispose();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Answer> ClearAnswerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (kind, body) = await ClearFrameAsync(cancellationToken).ConfigureAwait(false);
            if (kind == Refusal) return new Answer(AnswerKind.Refused, (ErrorCode)BinaryPrimitives.ReadUInt16BigEndian(body));
        }
    }

    private async Task<Answer> SealedAnswerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _opened.Count < 4 ? -1 : (int)BinaryPrimitives.ReadUInt32BigEndian([.. _opened[..4]]);
            if (length >= 0 && _opened.Count >= 4 + length)
            {
                var frame = _opened.GetRange(4, length).ToArray();
                _opened.RemoveRange(0, 4 + length);
                if (!WireCodec.TryRead(frame, out _, out var message, out var problem)) throw new InvalidOperationException("The relay sent what is no message: " + problem);
                switch (message)
                {
                    case ErrorMessage error: return new Answer(AnswerKind.Refused, error.Code);
                    case Bye { Code: not ErrorCode.None } bye: return new Answer(AnswerKind.Refused, bye.Code);
                    case Bye: return new Answer(AnswerKind.Closed);
                    case Notify or Presence: continue;
                    default: return new Answer(AnswerKind.Message, ErrorCode.None, message);
                }
            }

            var head = await FillAsync(2, cancellationToken).ConfigureAwait(false);
            var body = await FillAsync(BinaryPrimitives.ReadUInt16BigEndian(head), cancellationToken).ConfigureAwait(false);
            var opened = new byte[body.Length - NoiseSession.TagBytes];
            if (!_noise!.TryOpen(body, opened)) throw new InvalidOperationException("The relay's message did not open.");
            _opened.AddRange(opened);
        }
    }

    private async Task<byte[]> HandshakeBodyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (kind, body) = await ClearFrameAsync(cancellationToken).ConfigureAwait(false);
            if (kind == Handshake) return body;
            if (kind == Cookie) await SendAsync(Clear(Cookie, body), cancellationToken).ConfigureAwait(false);
            else throw new IntruderRefusedException((ErrorCode)BinaryPrimitives.ReadUInt16BigEndian(body));
        }
    }

    private async Task<(byte Kind, byte[] Body)> ClearFrameAsync(CancellationToken cancellationToken)
    {
        var head = await FillAsync(3, cancellationToken).ConfigureAwait(false);
        return (head[0], await FillAsync(BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1)), cancellationToken).ConfigureAwait(false));
    }

    private async Task<byte[]> FillAsync(int bytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[bytes];
        for (var got = 0; got < bytes;)
        {
            var count = await _socket.ReceiveAsync(buffer.AsMemory(got), cancellationToken).ConfigureAwait(false);
            if (count == 0) throw new EndOfStreamException();
            got += count;
        }

        return buffer;
    }

    private static byte[] Next(NoiseHandshake noise)
    {
        var body = new byte[noise.NextMessageBytes];
        if (noise.Write([], body, out _) != NoiseFailure.None) throw new InvalidOperationException("The intruder's handshake failed at its own side.");
        return body;
    }

    private static void Read(NoiseHandshake noise, byte[] body)
    {
        if (noise.Read(body, []) != NoiseFailure.None) throw new InvalidOperationException("The relay's handshake message is not right.");
    }
}

/// <summary>The relay refused the intruder's handshake.</summary>
internal sealed class IntruderRefusedException(ErrorCode code) : Exception("The relay refused the handshake: " + code)
{
    /// <summary>Why.</summary>
    public ErrorCode Code => code;
}
