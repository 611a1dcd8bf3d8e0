using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>How far a pairing by code is. Stages come in this order, none twice.</summary>
public enum PairingStage
{
    /// <summary>Connecting to the relay.</summary>
    Connecting = 0,
    /// <summary>The device that has the group: the code can be shown. The device that joins: the other one was found.</summary>
    Waiting,
    /// <summary>Both devices are there and check each other's code.</summary>
    Checking,
    /// <summary>Both have the same code, and nobody is in between.</summary>
    CodeIsRight,
    /// <summary>The joining device has the group.</summary>
    Done,
}

/// <summary>A step of a pairing by code, for a screen.</summary>
/// <param name="Stage">How far it is.</param>
public sealed record PairingProgress(PairingStage Stage)
{
    /// <summary>With <see cref="PairingStage.Waiting"/> on the device that has the group: the code to show. Null otherwise.</summary>
    public PairingCode? Code { get; init; }

    /// <summary>When the code is over. With <see cref="Code"/>.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The relay at which the other device must ask. With <see cref="Code"/>.</summary>
    public RelayAddress? Relay { get; init; }
}

/// <summary>The other device of a pairing that succeeded.</summary>
/// <param name="Id">Its id, which both devices' confirmations cover.</param>
/// <param name="Name">Its name, as it says.</param>
public sealed record PairedDevice(DeviceId Id, string Name)
{
    /// <summary>A constant: a name is not for logs.</summary>
    public override string ToString() => "[paired device]";
}
