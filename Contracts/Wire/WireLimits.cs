namespace ZeroK.Wire;

/// <summary>Every maximum of the protocol. The relay may set lower ones and says so in WELCOME; nothing may be above.</summary>
public static class WireLimits
{
    /// <summary>The highest cursor, and the highest sequence of a device: what every store's signed 64 bits hold. Anything above is no number of this protocol.</summary>
    public const ulong NumberMax = long.MaxValue;

    /// <summary>Bytes that an app may put in one blob.</summary>
    public const int PayloadBytesMax = 1024 * 1024;

    /// <summary>Bytes of one sealed blob: the payload, its header, padding (PADMÉ, at most 3.2 % here) and the seal.</summary>
    public const int EnvelopeBytesMax = PayloadBytesMax + 64 * 1024;

    /// <summary>Blobs in one PUSH.</summary>
    public const int PushBlobsMax = 256;

    /// <summary>Envelope bytes in one PUSH; a single blob always fits.</summary>
    public const int PushBytesMax = 4 * 1024 * 1024;

    /// <summary>Blobs in one PULL_RESPONSE, stubs included.</summary>
    public const int PullBlobsMax = 100;

    /// <summary>Envelope bytes in one PULL_RESPONSE; a single blob always fits, whatever a reader asked for.</summary>
    public const int PullBytesMax = 4 * 1024 * 1024;

    /// <summary>Bytes of a frame after its length field. Holds the largest PUSH and PULL_RESPONSE with their overhead.</summary>
    public const int FrameBytesMax = PullBytesMax + EnvelopeBytesMax;

    /// <summary>Bytes of a frame before HELLO was accepted: a HELLO and nothing larger.</summary>
    public const int HelloFrameBytesMax = 4 * 1024;

    /// <summary>Characters of a device's name, before it is sealed.</summary>
    public const int DeviceNameCharsMax = 256;

    /// <summary>Bytes of a sealed device name: 256 characters of UTF-8, padded and sealed.</summary>
    public const int SealedNameBytesMax = 1280;

    /// <summary>Devices in a group.</summary>
    public const int DevicesMax = 256;

    /// <summary>Senders that a device takes from one relay, over all time: devices come and go.</summary>
    public const int SendersMax = 4 * DevicesMax;

    /// <summary>Places without a body behind a hole that a device notes from one relay: nothing proves them.</summary>
    public const int UnprovedMax = 16 * 1024;

    /// <summary>Blob ids in one DELETE.</summary>
    public const int DeleteBlobsMax = 256;

    /// <summary>Bytes of a push token.</summary>
    public const int PushTokenBytesMax = 4096;

    /// <summary>Bytes that each content object counts against its group's quota, besides its own.</summary>
    public const int ContentObjectBytes = 4 * 1024;

    /// <summary>Bytes of an object in one CONTENT_PIECE, or asked for in one CONTENT_GET: small, so that no push waits long behind one.</summary>
    public const int ContentPieceBytesMax = 256 * 1024;

    /// <summary>Bytes of a range encoding: a run that may begin and end inside chunk groups, and the parents above it.</summary>
    public const int ContentEncodingBytesMax = ContentPieceBytesMax + 48 * 1024;

    /// <summary>Bytes of a frame on a side stream: the largest message of contents, and what its other fields need.</summary>
    public const int SideFrameBytesMax = ContentEncodingBytesMax + 256;

    /// <summary>Bytes of an error's or a BYE's text, in UTF-8.</summary>
    public const int ReasonBytesMax = 1024;

    /// <summary>Bytes of a hint: a host name or address of at most 253 characters, brackets around an IPv6 address, and a port.</summary>
    public const int HintBytesMax = 253 + 2 + 6;
}
