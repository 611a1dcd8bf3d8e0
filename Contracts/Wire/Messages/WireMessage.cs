using MessagePack;

namespace ZeroK.Wire;

/// <summary>A message: the body of a frame. One record a message, one row in <see cref="WireCodec"/>.</summary>
public abstract record WireMessage
{
    /// <summary>The frame's type byte.</summary>
    public abstract MessageType Type { get; }

    /// <summary>Writes the body: one MessagePack array, fields in the order of docs/PROTOCOL.md.</summary>
    internal abstract void WriteBody(ref MessagePackWriter writer);
}

/// <summary>A message with the id that ties a reply to its request; 0 for what comes unasked.</summary>
public readonly record struct WireFrame(uint RequestId, WireMessage Message);
