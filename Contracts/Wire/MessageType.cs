namespace ZeroK.Wire;

/// <summary>The type byte of a frame. A value is retired, never reused. 0x78–0x7F (content) and 0x80–0x8F (invites, key epochs) are reserved.</summary>
public enum MessageType : byte
{
    None = 0,
    Hello = 0x01,
    Welcome = 0x02,
    Bye = 0x03,
    Ok = 0x04,
    Push = 0x10,
    PushAck = 0x11,
    Pull = 0x20,
    PullResponse = 0x21,
    Ack = 0x22,
    Presence = 0x30,
    Notify = 0x31,
    Delete = 0x40,
    RevokeDevice = 0x50,
    DeviceRevoked = 0x51,
    ListDevices = 0x52,
    Devices = 0x53,
    RegisterPush = 0x60,
    UnregisterPush = 0x61,
    ContentRef = 0x70,
    ContentAck = 0x71,
    ContentPut = 0x72,
    ContentState = 0x73,
    ContentPiece = 0x74,
    ContentGet = 0x75,
    ContentPart = 0x76,
    ContentRelease = 0x77,
    Error = 0xFF,
}
