using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x60 REGISTER_PUSH: wake this device through a platform's push service. Answered by OK.</summary>
/// <param name="Platform">Whose service.</param>
/// <param name="Token">The service's token, at most 4,096 bytes.</param>
public sealed record RegisterPush(PushPlatform Platform, ReadOnlyMemory<byte> Token) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.RegisterPush;

    internal static RegisterPush Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(2);
        var read = new RegisterPush(
            reader.ReadEnum<PushPlatform>(),
            reader.ReadBytes(1, WireLimits.PushTokenBytesMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(2);
        writer.Write((byte)Platform);
        writer.WriteBytes(Token, 1, WireLimits.PushTokenBytesMax);
    }
}
