namespace ZeroK.Wire;

/// <summary>Why a mailbox is over. Devices say the first six, the relay any: a hint for a person, proved by nothing.</summary>
public enum MailboxEnd : byte
{
    /// <summary>It is not over.</summary>
    None = 0,
    /// <summary>Both devices have what they came for.</summary>
    Done = 1,
    /// <summary>The other device had another code.</summary>
    WrongCode = 2,
    /// <summary>A person cancelled.</summary>
    Cancelled = 3,
    /// <summary>What came was not what the device expects.</summary>
    Interfered = 4,
    /// <summary>The device that joins could not keep the invite.</summary>
    NotTaken = 5,
    /// <summary>The devices pair in different ways.</summary>
    OtherVersion = 6,
    /// <summary>Its time is over.</summary>
    Expired = 7,
    /// <summary>The other device's session ended.</summary>
    PeerLeft = 8,
    /// <summary>More messages or bytes than a mailbox takes.</summary>
    TooMuch = 9,
}
