namespace ZeroK.Wire;

/// <summary>Why a request was refused. Each says in <see cref="ErrorCodes.RetryOf"/> whether and when to try again.</summary>
public enum ErrorCode : ushort
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The bytes are not a message of this protocol, or not one allowed here and now. Don't retry.</summary>
    InvalidMessage = 1000,
    /// <summary>The relay keeps no such group (told only to who has proved membership). Create it, or use another relay.</summary>
    UnknownGroup = 1001,
    /// <summary>The proof of membership is missing or wrong. Don't retry with the same key.</summary>
    Unauthorized = 1002,
    /// <summary>This device was removed from the group. Don't retry.</summary>
    DeviceRevoked = 1003,
    /// <summary>Only the device that pushed a blob may delete it. Don't retry.</summary>
    NotBlobOwner = 1004,
    /// <summary>The relay doesn't speak a protocol version that the client offered. Update one of them.</summary>
    UnsupportedVersion = 1005,
    /// <summary>A blob's sequence is not the one after the device's last: an earlier one is missing. Send from the missing one on.</summary>
    OutOfOrder = 1006,
    /// <summary>Another blob already has this device sequence: the device's state was restored from a copy. Don't retry; make a new device.</summary>
    SequenceConflict = 1007,
    /// <summary>The relay doesn't offer this operation. Don't retry.</summary>
    NotSupported = 1008,
    /// <summary>A newer session of the same device took this one's place. Reconnect only after the given time: two programs may share the device.</summary>
    SessionReplaced = 1009,
    /// <summary>The relay does not have this content for this group: it was never put, was released, or its time is over. Don't retry; put it again from a device that has it.</summary>
    ContentNotFound = 1010,
    /// <summary>The bytes do not belong to the content's address. Nothing was kept of them. Don't retry; seal it again.</summary>
    ContentMismatch = 1011,

    /// <summary>Too many messages in a time. Retry after the given time.</summary>
    RateLimited = 2000,
    /// <summary>The blob is larger than the relay's limit. Don't retry.</summary>
    BlobTooLarge = 2001,
    /// <summary>The group's quota is used up. Retry when other devices have acknowledged or the time to live has passed.</summary>
    GroupQuotaExceeded = 2002,
    /// <summary>The push token is not valid for its platform. Don't retry.</summary>
    InvalidPushToken = 2003,
    /// <summary>Too many connections to the relay in all. Retry after the given time.</summary>
    TooManyConnections = 2004,
    /// <summary>The group has as many devices as it may. Remove one.</summary>
    TooManyDevices = 2005,
    /// <summary>Too many connections from this address or its network, or too often. Retry after the given time; many devices behind one address need a higher limit at the relay.</summary>
    TooManyFromAddress = 2006,
    /// <summary>The relay has as many groups as it may. Retry later, or use another relay.</summary>
    TooManyGroups = 2007,

    /// <summary>The relay has too much to do. Retry after the given time.</summary>
    RelayOverloaded = 3000,
    /// <summary>The relay is shutting down. Reconnect after the given time.</summary>
    RelayShuttingDown = 3001,
    /// <summary>The relay's store doesn't answer; nothing was acknowledged. Retry after the given time.</summary>
    StoreUnavailable = 3002,
    /// <summary>A fault in the relay; nothing was acknowledged. Retry after the given time.</summary>
    Internal = 3003,
    /// <summary>The relay's disk is full; nothing was acknowledged. Retry after the given time.</summary>
    StorageFull = 3004,
}

/// <summary>What to do about an <see cref="ErrorCode"/>.</summary>
public enum Retry
{
    /// <summary>The same request will be refused again.</summary>
    Never = 0,
    /// <summary>The same request may succeed after the time that the error names.</summary>
    Later,
    /// <summary>Resend from the first blob that was not acknowledged, in order.</summary>
    InOrder,
}

/// <summary>The table of error codes.</summary>
public static class ErrorCodes
{
    /// <summary>Whether a request that was refused with <paramref name="code"/> may be tried again. A code that this version doesn't know counts as <see cref="Retry.Later"/>.</summary>
    public static Retry RetryOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidMessage or ErrorCode.UnknownGroup or ErrorCode.Unauthorized or ErrorCode.DeviceRevoked
            or ErrorCode.NotBlobOwner or ErrorCode.UnsupportedVersion or ErrorCode.SequenceConflict
            or ErrorCode.NotSupported or ErrorCode.BlobTooLarge or ErrorCode.InvalidPushToken
            or ErrorCode.TooManyDevices or ErrorCode.ContentNotFound or ErrorCode.ContentMismatch => Retry.Never,
        ErrorCode.OutOfOrder => Retry.InOrder,
        _ => Retry.Later,
    };
}
