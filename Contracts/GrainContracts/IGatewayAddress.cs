namespace ZeroK.GrainContracts;

/// <summary>The address of a silo's own gateway, as grains tell it to devices that are connected elsewhere. The gateway's side implements it.</summary>
public interface IGatewayAddress
{
    /// <summary>Where devices reach this silo's gateway directly, host:port; empty: it has no such address, or takes no connections now.</summary>
    string Public { get; }
}
