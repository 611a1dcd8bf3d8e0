namespace ZeroK.Wire;

/// <summary>What a relay allows; each at most the value of <see cref="WireLimits"/>. Part of WELCOME.</summary>
/// <param name="EnvelopeBytesMax">Bytes of one sealed blob.</param>
/// <param name="PushBlobsMax">Blobs in one PUSH.</param>
/// <param name="PushBytesMax">Envelope bytes in one PUSH.</param>
/// <param name="PullBlobsMax">Blobs in one page.</param>
/// <param name="PullBytesMax">Envelope bytes in one page.</param>
/// <param name="GroupBytesMax">Bytes kept for the group.</param>
/// <param name="TimeToLiveSeconds">How long a blob is kept, seconds.</param>
/// <param name="KeepAliveSeconds">A session without a message for twice this long is closed, seconds.</param>
public sealed record RelayLimits(
    uint EnvelopeBytesMax,
    uint PushBlobsMax,
    uint PushBytesMax,
    uint PullBlobsMax,
    uint PullBytesMax,
    ulong GroupBytesMax,
    uint TimeToLiveSeconds,
    uint KeepAliveSeconds);
