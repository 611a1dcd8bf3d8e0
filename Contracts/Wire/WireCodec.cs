using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using MessagePack;

namespace ZeroK.Wire;

/// <summary>Who sends a message.</summary>
[Flags]
public enum Sender
{
    /// <summary>Nobody.</summary>
    None = 0,
    /// <summary>A client.</summary>
    Client = 1,
    /// <summary>The relay.</summary>
    Relay = 2,
    /// <summary>Either.</summary>
    Both = Client | Relay,
}

/// <summary>The only place where bytes become messages. A frame: length (u32 big-endian, bytes after this field), type (u8), request id (u32 big-endian), body (MessagePack).</summary>
public static class WireCodec
{
    /// <summary>Bytes of the length field.</summary>
    public const int LengthBytes = 4;

    /// <summary>Bytes before the body: length, type, request id.</summary>
    public const int HeaderBytes = LengthBytes + 1 + 4;

    private delegate WireMessage Reader(ref MessagePackReader reader);

    // One row a message.
    private static readonly Dictionary<MessageType, (Sender From, Reader Read)> Messages = new()
    {
        [MessageType.Hello] = (Sender.Client, Hello.Read),
        [MessageType.Welcome] = (Sender.Relay, Welcome.Read),
        [MessageType.Bye] = (Sender.Both, Bye.Read),
        [MessageType.Ok] = (Sender.Relay, Ok.Read),
        [MessageType.Push] = (Sender.Client, Push.Read),
        [MessageType.PushAck] = (Sender.Relay, PushAck.Read),
        [MessageType.Pull] = (Sender.Client, Pull.Read),
        [MessageType.PullResponse] = (Sender.Relay, PullResponse.Read),
        [MessageType.Ack] = (Sender.Client, Ack.Read),
        [MessageType.Presence] = (Sender.Both, Presence.Read),
        [MessageType.Notify] = (Sender.Relay, Notify.Read),
        [MessageType.Delete] = (Sender.Client, Delete.Read),
        [MessageType.RevokeDevice] = (Sender.Client, RevokeDevice.Read),
        [MessageType.DeviceRevoked] = (Sender.Relay, DeviceRevoked.Read),
        [MessageType.ListDevices] = (Sender.Client, ListDevices.Read),
        [MessageType.Devices] = (Sender.Relay, Devices.Read),
        [MessageType.RegisterPush] = (Sender.Client, RegisterPush.Read),
        [MessageType.UnregisterPush] = (Sender.Client, UnregisterPush.Read),
        [MessageType.ContentRef] = (Sender.Client, ContentRef.Read),
        [MessageType.ContentAck] = (Sender.Relay, ContentAck.Read),
        [MessageType.ContentPut] = (Sender.Client, ContentPut.Read),
        [MessageType.ContentState] = (Sender.Relay, ContentState.Read),
        [MessageType.ContentPiece] = (Sender.Client, ContentPiece.Read),
        [MessageType.ContentGet] = (Sender.Client, ContentGet.Read),
        [MessageType.ContentPart] = (Sender.Relay, ContentPart.Read),
        [MessageType.ContentRelease] = (Sender.Client, ContentRelease.Read),
        [MessageType.Error] = (Sender.Both, ErrorMessage.Read),
    };

    /// <summary>Every assigned type.</summary>
    public static IReadOnlyCollection<MessageType> Types => Messages.Keys;

    /// <summary>Who may send a type; None for one that is not assigned.</summary>
    public static Sender SenderOf(MessageType type) => Messages.TryGetValue(type, out var row) ? row.From : Sender.None;

    /// <summary>Appends one frame to <paramref name="output"/>.</summary>
    /// <exception cref="ArgumentException">The message is above a limit of <see cref="WireLimits"/>: a bug of the caller. Nothing was appended.</exception>
    public static void Write(IBufferWriter<byte> output, uint requestId, WireMessage message)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(message);

        // The body goes into a buffer of this thread first: its length comes before it.
        var scratch = t_scratch ??= new Scratch();
        scratch.Begin();
        var writer = new MessagePackWriter(scratch);
        message.WriteBody(ref writer);
        writer.Flush();

        var body = scratch.Written;
        var length = HeaderBytes - LengthBytes + body.Length;
        if (length > WireLimits.FrameBytesMax) throw new ArgumentException($"A frame of {length} bytes is above the limit of {WireLimits.FrameBytesMax}.", nameof(message));
        var header = output.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)length);
        header[LengthBytes] = (byte)message.Type;
        BinaryPrimitives.WriteUInt32BigEndian(header[(LengthBytes + 1)..], requestId);
        output.Advance(HeaderBytes);
        output.Write(body);
        scratch.Shrink();
    }

    /// <summary>Checks a length field. Call it before anything of the frame is buffered.</summary>
    /// <param name="length">The field's value: bytes after it.</param>
    /// <param name="frameBytesMax">The limit in force: <see cref="WireLimits.FrameBytesMax"/>, or <see cref="WireLimits.HelloFrameBytesMax"/> before HELLO.</param>
    public static bool IsLengthAllowed(uint length, int frameBytesMax) => length >= HeaderBytes - LengthBytes && length <= (uint)frameBytesMax;

    /// <summary>Reads one frame whose length field was checked and taken off: type, request id, body. The message owns copies of its bytes.</summary>
    /// <returns>False for any malformed frame, with <paramref name="problem"/> fit for an ERROR's text; never throws for bad bytes. <paramref name="requestId"/> is valid as soon as five bytes were there.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> frame, out uint requestId, [NotNullWhen(true)] out WireMessage? message, [NotNullWhen(false)] out string? problem)
    {
        requestId = 0;
        message = null;
        problem = null;
        if (frame.Length < HeaderBytes - LengthBytes)
        {
            problem = "A frame is too short for its type and request id.";
            return false;
        }

        var type = (MessageType)frame.Span[0];
        requestId = BinaryPrimitives.ReadUInt32BigEndian(frame.Span[1..]);
        if (!Messages.TryGetValue(type, out var row))
        {
            problem = $"Message type 0x{(byte)type:x2} is not assigned.";
            return false;
        }

        try
        {
            var reader = new MessagePackReader(frame[(HeaderBytes - LengthBytes)..]);
            var read = row.Read(ref reader);
            if (reader.End)
            {
                message = read;
                return true;
            }

            problem = $"Bytes follow the body of {type}.";
        }
        catch (Exception e) when (e is WireFormatException)
        {
            problem = $"{type} is malformed: {e.Message}.";
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or OverflowException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            // What the library's reader throws for bytes that are not what was asked for (ArgumentOutOfRange: a text longer than the rest). Malformed frames end the session, so this path is not hot.
            problem = $"{type} is malformed: a field is missing or of another kind.";
        }

        return false;
    }

    [ThreadStatic]
    private static Scratch? t_scratch;
}
