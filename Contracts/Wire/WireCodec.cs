using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ZeroK.Wire;

/// <summary>The only place where bytes become messages. A frame: length (u32 big-endian, bytes after this field), type (u8), request id (u32 big-endian), body (MessagePack).</summary>
public static class WireCodec
{
    /// <summary>Bytes of the length field.</summary>
    public const int LengthBytes = 4;

    /// <summary>Bytes before the body: length, type, request id.</summary>
    public const int HeaderBytes = LengthBytes + 1 + 4;

    /// <summary>Appends one frame to <paramref name="output"/>.</summary>
    /// <exception cref="ArgumentException">The message is above a limit of <see cref="WireLimits"/>: a bug of the caller.</exception>
    public static void Write(IBufferWriter<byte> output, uint requestId, WireMessage message) => throw new NotImplementedException();

    /// <summary>Checks a length field. Call it before anything of the frame is buffered.</summary>
    /// <param name="length">The field's value: bytes after it.</param>
    /// <param name="frameBytesMax">The limit in force: <see cref="WireLimits.FrameBytesMax"/>, or <see cref="WireLimits.HelloFrameBytesMax"/> before HELLO.</param>
    public static bool IsLengthAllowed(uint length, int frameBytesMax) => length >= 5 && length <= (uint)frameBytesMax;

    /// <summary>Reads one frame whose length field was checked and taken off: type, request id, body. The message owns copies of its bytes.</summary>
    /// <returns>False for any malformed frame, with <paramref name="problem"/> fit for an ERROR's text; never throws for bad bytes. <paramref name="requestId"/> is valid as soon as five bytes were there.</returns>
    public static bool TryRead(ReadOnlySpan<byte> frame, out uint requestId, [NotNullWhen(true)] out WireMessage? message, [NotNullWhen(false)] out string? problem) => throw new NotImplementedException();
}
