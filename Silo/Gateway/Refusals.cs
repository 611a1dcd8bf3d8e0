using ZeroK.Wire;
namespace ZeroK.Gateway;

/// <summary>What a person reads about each code when the group gave no text: what was wrong, and what to do.</summary>
internal static class Refusals
{
    /// <summary>A refusal, counted, with a time to come back where that may help.</summary>
    public static ErrorMessage Error(GatewayContext context, ErrorCode code, uint retryAfterMs = 0)
    {
        context.Instruments.Refused(code);
        if (retryAfterMs == 0 && ErrorCodes.RetryOf(code) == Retry.Later) retryAfterMs = (uint)context.Options.RetryAfterMs;
        return new ErrorMessage(code, retryAfterMs, TextOf(code));
    }

    /// <summary>Why a PUSH was refused whose group and address have written as much as they may.</summary>
    public const string TooManyBytes = "This group and its address have written as many bytes as this relay takes from them for now. Send again after the given time.";

    /// <summary>The text alone.</summary>
    public static string TextOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidMessage => "The message is not one of this protocol, or not allowed here.",
        ErrorCode.UnknownGroup => "This relay keeps no such group. Create it here, or use the relay that keeps it.",
        ErrorCode.Unauthorized => "The proof of membership does not open this group. Check that the invite is for this group and not older than its last key change.",
        ErrorCode.DeviceRevoked => "This device was removed from the group. Join again with a new invite, as a new device.",
        ErrorCode.NotBlobOwner => "Only the device that pushed a blob may delete it.",
        ErrorCode.UnsupportedVersion => "The relay does not speak the offered protocol version. Update the older one of the two.",
        ErrorCode.OutOfOrder => "An earlier blob of this device is missing. Send again from the first one that was not acknowledged.",
        ErrorCode.SequenceConflict => "Another blob has this sequence: this device's state was restored from a copy. Make a new device.",
        ErrorCode.NotSupported => "This relay does not offer the operation.",
        ErrorCode.RateLimited => "Too many messages. Slow down, and try again after the given time.",
        ErrorCode.BlobTooLarge => "The blob is larger than this relay takes: see the limits in WELCOME.",
        ErrorCode.GroupQuotaExceeded => "The group's quota on this relay is used up. Let the other devices fetch what is there, or delete blobs.",
        ErrorCode.TooManyConnections => "Too many connections in all. Try again after the given time.",
        ErrorCode.TooManyFromAddress => "Too many connections from this address or its network. Try again after the given time.",
        ErrorCode.TooManyDevices => "The group has as many devices as this relay allows. Remove one.",
        ErrorCode.TooManyGroups => "This relay has as many groups as it may. Use another relay, or ask whoever runs this one.",
        ErrorCode.RelayOverloaded => "The relay has too much to do. Try again after the given time.",
        ErrorCode.RelayShuttingDown => "The relay is shutting down. Reconnect after the given time.",
        ErrorCode.StoreUnavailable => "The relay's store does not answer; nothing was acknowledged. Try again after the given time.",
        ErrorCode.Internal => "A fault in the relay; nothing was acknowledged. Try again after the given time.",
        ErrorCode.SessionReplaced => "Another session of this device took over. If it was not you, two programs share this device's keys.",
        ErrorCode.ContentNotFound => "This relay does not have the content for this group: it was never put, was released, or its time is over. Put it again from a device that has it.",
        ErrorCode.ContentMismatch => "The bytes do not belong to the content's address; nothing was kept of them. Seal the content again.",
        ErrorCode.StorageFull => "The relay's disk is full; nothing was acknowledged. Try again after the given time.",
        _ => "The request was refused.",
    };
}
