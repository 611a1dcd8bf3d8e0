using ZeroK.GrainContracts;
using ZeroK.Transport;

namespace ZeroK.Gateway;

/// <summary>The gateway's public address while it takes connections.</summary>
/// <param name="given">As the operator gave it; port 0: the gateway's own. Null: none.</param>
internal sealed class GatewayAddress(RelayEndpoint? given, RelayGateway gateway) : IGatewayAddress
{
    public string Public => given is null || !gateway.IsOpen ? "" : (given.Port > 0 ? given : given with { Port = gateway.Port }).ToString();
}
