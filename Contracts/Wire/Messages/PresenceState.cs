namespace ZeroK.Wire;

/// <summary>What a client is doing.</summary>
public enum PresenceState : byte
{
    /// <summary>In use.</summary>
    Active = 0,
    /// <summary>Connected, not in use.</summary>
    Idle = 1,
    /// <summary>About to be suspended by its system: don't expect it to answer.</summary>
    Suspended = 2,
}
