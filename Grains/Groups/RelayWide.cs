using ZeroK.GrainContracts;

namespace ZeroK.Grains.Groups;

/// <summary>What all groups of a silo share.</summary>
/// <param name="Keys">Makes what is kept of admission keys.</param>
/// <param name="Clock">Ages what is kept.</param>
/// <param name="Room">Limits what all use together.</param>
public sealed record RelayWide(GroupKey Keys, RelayClock Clock, RelayRoom Room);
