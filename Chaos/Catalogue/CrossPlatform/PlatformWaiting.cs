using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.CrossPlatform;

/// <summary>X-PLAT-01: 500 ms latency, 20 % loss. Must: both sides converge (blob sets and version vectors).</summary>
public sealed class LinuxAndWindowsClient() : WaitingScenario("waits for virtual machines with other operating systems");

/// <summary>X-PLAT-03: three operating systems. Must: both sides converge (blob sets and version vectors).</summary>
public sealed class MixedClientsRelayRestart() : WaitingScenario("waits for virtual machines with other operating systems");
