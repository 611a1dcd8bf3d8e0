namespace ZeroK.GrainContracts;

/// <summary>How grains reach the gateways that hold their devices: one call for each gateway and change, not for each session. The gateway's side implements it.</summary>
/// <remarks>Neither waits nor throws: a gateway that can't be reached has lost its sessions too, and its clients learn the head when they come back. Calls to one gateway arrive in any order; each carries the whole truth.</remarks>
public interface IGatewayNotifier
{
    /// <summary>A group's head moved.</summary>
    /// <param name="gateway">The silo whose gateway is told.</param>
    /// <param name="group">The group's pseudonym.</param>
    /// <param name="head">The last readable cursor.</param>
    /// <param name="exceptDevice">The device that caused it and need not be told, 32 bytes; empty for none.</param>
    void Notify(SiloAddress gateway, Guid group, ulong head, byte[] exceptDevice);

    /// <summary>A device was blocked.</summary>
    /// <param name="gateway">The silo whose gateway is told.</param>
    /// <param name="group">The group's pseudonym.</param>
    /// <param name="device">The blocked device, 32 bytes.</param>
    void Revoked(SiloAddress gateway, Guid group, byte[] device);
}
