using MessagePack;

namespace ZeroK.Wire;

/// <summary>0x01 HELLO, client to relay, the first message of a session: which group, and the proof of membership.</summary>
/// <param name="Group">The group.</param>
/// <param name="SigningKey">The device's public key for signatures, Ed25519, 32 bytes; with the handshake's two it gives the device's id.</param>
/// <param name="AdmissionKey">The group's admission public key, Ed25519, 32 bytes.</param>
/// <param name="Signature">Ed25519 by the admission key over docs/PROTOCOL.md's hello text, which holds the handshake hash: 64 bytes.</param>
/// <param name="CreateGroup">Make the group if the relay has none: said only by a client that has never had a WELCOME for it here.</param>
/// <param name="SealedName">The device's name, sealed with a group key; empty: unchanged.</param>
public sealed record Hello(
    GroupId Group,
    ReadOnlyMemory<byte> SigningKey,
    ReadOnlyMemory<byte> AdmissionKey,
    ReadOnlyMemory<byte> Signature,
    bool CreateGroup,
    ReadOnlyMemory<byte> SealedName) : WireMessage
{
    /// <inheritdoc/>
    public override MessageType Type => MessageType.Hello;

    internal static Hello Read(ref MessagePackReader reader)
    {
        var extra = reader.ReadFields(6);
        var read = new Hello(
            reader.ReadGroupId(),
            reader.ReadBytes(32, 32),
            reader.ReadBytes(32, 32),
            reader.ReadBytes(64, 64),
            reader.ReadBoolean(),
            reader.ReadBytes(0, WireLimits.SealedNameBytesMax));
        reader.SkipFields(extra);
        return read;
    }

    internal override void WriteBody(ref MessagePackWriter writer)
    {
        writer.WriteArrayHeader(6);
        writer.WriteId(Group);
        writer.WriteBytes(SigningKey, 32, 32);
        writer.WriteBytes(AdmissionKey, 32, 32);
        writer.WriteBytes(Signature, 64, 64);
        writer.Write(CreateGroup);
        writer.WriteBytes(SealedName, 0, WireLimits.SealedNameBytesMax);
    }
}
