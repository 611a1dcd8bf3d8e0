using ZeroK.Channel;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Session;

/// <summary>A session could not be made or goes on no more; says what the machine needs to know.</summary>
internal sealed class SessionFailedException : Exception
{
    public SessionFailedException(bool isPermanent, ErrorCode code, uint retryAfterMs, string reason, Exception? inner = null) : base(reason, inner) =>
        Failure = new SessionInput.Failed(isPermanent, code, retryAfterMs, reason);

    /// <summary>What a machine has decided.</summary>
    public SessionFailedException(SessionInput.Failed failure) : base(failure.Reason) => Failure = failure;

    public SessionInput.Failed Failure { get; }

    /// <summary>A refusal by the relay.</summary>
    public static SessionFailedException Of(ErrorCode code, uint retryAfterMs) =>
        new(ErrorCodes.RetryOf(code) == Retry.Never, code, retryAfterMs, WhatToDo.About(code));

    /// <summary>Any failure of connecting or of a session, in the machine's terms.</summary>
    public static SessionInput.Failed From(Exception e) => e switch
    {
        SessionFailedException failed => failed.Failure,

        // In clear, before the relay has proved itself: anybody on the path can write it. A hint for the wait and the status, never the end.
        ChannelException { Failure: ChannelFailure.Refused } refused => new(false, refused.Code, refused.RetryAfterMs, WhatToDo.About(refused.Code)),
        ChannelException { Failure: ChannelFailure.Version } => new(false, ErrorCode.UnsupportedVersion, 0, WhatToDo.About(ErrorCode.UnsupportedVersion)),
        ChannelException { Failure: ChannelFailure.Identity } => new(true, ErrorCode.None, 0, "The relay is not the one whose fingerprint this group knows: it was set up anew, or somebody is in between. Nothing was sent. Ask its operator; if the change is meant, give each device the relay's new address: `zerok group relays --set ADDRESS`, in an app Device.ChangeRelays.") { IsStranger = true },
        ChannelException channel => new(false, ErrorCode.None, 0, $"The connection to the relay broke ({channel.Failure})."),
        TransportException => new(false, ErrorCode.None, 0, "The relay can't be reached. Is this device online, and the relay running?"),
        OperationCanceledException => new(false, ErrorCode.None, 0, "The relay did not answer in time."),
        PlatformNotSupportedException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or TypeInitializationException => new(true, ErrorCode.None, 0, $"This system lacks something that every session needs ({Innermost(e)}), and would lack it at the next try too. Update the system, or this program."),
        IOException io => new(false, ErrorCode.None, 0, io.Message),
        _ => new(false, ErrorCode.None, 0, $"Something unexpected failed ({e.GetType().Name})."),
    };

    private static string Innermost(Exception e) => $"{e.GetBaseException().GetType().Name}: {e.GetBaseException().Message}";
}

/// <summary>What a person can do about a code.</summary>
internal static class WhatToDo
{
    /// <summary>For a device whose state is a copy of an older one.</summary>
    public const string Copied = "This device's directory was restored from a copy, or a copy of it is in use: the relay has blobs of this device that it doesn't know. Nothing is pushed to that relay any more. Make a new device in another directory, and join again. If one of several relays alone says so, it may be wrong: the others go on.";

    public static string About(ErrorCode code) => code switch
    {
        ErrorCode.UnknownGroup => "The relay has no such group any more: it lost its data. To start the group anew there, set RecreateLostGroup.",
        ErrorCode.Unauthorized => "The relay does not admit this device to the group: its keys are not the group's (any more). Ask a member for a new invite.",
        ErrorCode.DeviceRevoked => "This device was removed from the group. Its data here is untouched; to come back it needs a new invite, as a new device.",
        ErrorCode.UnsupportedVersion => "This program and the relay have no protocol version in common. Update the older one.",
        ErrorCode.SequenceConflict => "The relay has another blob in this place of this device's order: the device's directory was restored from a copy. Make a new device.",
        ErrorCode.BlobTooLarge => "A blob is larger than the relay takes. It stays in the outbox, and later ones behind it; ask the operator for a higher limit.",
        ErrorCode.GroupQuotaExceeded => "The group has used up its space on the relay. It gets room when the other devices fetch what waits there.",
        ErrorCode.SessionReplaced => "Another program took this device's place at the relay: two programs use this device's keys, so its directory was copied. End the other one; if both have pushed, make a new device for one of them.",
        ErrorCode.TooManyGroups => "The relay has as many groups as it may. Use another relay, or ask whoever runs this one.",
        ErrorCode.TooManyDevices => "The group has as many devices as the relay allows. Remove one.",
        ErrorCode.TooManyConnections => "The relay has as many connections in all as it allows (its setting Gateway:ConnectionsMax).",
        ErrorCode.TooManyFromAddress => "The relay takes no more connections from this address now: too many devices are behind it, as with NAT or a proxy. Its operator can raise the setting Gateway:ConnectionsPerAddressMax.",
        ErrorCode.RateLimited => "This device sends faster than the relay allows.",
        ErrorCode.RelayOverloaded => "The relay has too much to do now.",
        ErrorCode.RelayShuttingDown => "The relay is shutting down.",
        ErrorCode.StoreUnavailable => "The relay can't reach its store now.",
        ErrorCode.StorageFull => "The relay's disk is full now.",
        ErrorCode.ContentNotFound => "The relay does not have this content: it was released, or its time is over. A device that has it can put it again.",
        ErrorCode.ContentMismatch => "The relay found that the bytes do not belong to the content's address. Put the content again.",
        ErrorCode.InvalidMessage => "The relay did not understand a message. Update this program or the relay.",
        _ => $"The relay refused ({(ushort)code} {code}).",
    };
}
