using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x60 REGISTER_PUSH: wake this device through a platform's push service. Answered by OK.</summary>
/// <param name="Platform">Whose service.</param>
/// <param name="Token">The service's token, at most 4,096 bytes.</param>
public sealed record RegisterPush(PushPlatform Platform, ReadOnlyMemory<byte> Token) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.RegisterPush;

    internal override void WriteBody(ref MessagePackWriter writer) => throw new NotImplementedException();
}
