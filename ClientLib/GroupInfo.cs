using ZeroK.Wire;

namespace ZeroK.Client;

/// <summary>What a device knows of its group, without any secret.</summary>
/// <param name="Id">The group.</param>
/// <param name="KeyEpoch">The epoch of the keys that new blobs are sealed with; 1 for a new group.</param>
/// <param name="HasPassphrase">Whether a passphrase gives the group's secret (else it is random and only invites carry it).</param>
/// <param name="Relays">The relays, the first preferred.</param>
public sealed record GroupInfo(GroupId Id, uint KeyEpoch, bool HasPassphrase, IReadOnlyList<RelayAddress> Relays);
