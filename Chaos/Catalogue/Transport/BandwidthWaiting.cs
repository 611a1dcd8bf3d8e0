using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Transport;

/// <summary>T-BW-03: client A unlimited, client B 10 KB/s. Must: every blob pushed is on every paired device, byte for byte, and all version vectors are identical; no blob twice in the application's view; no plaintext in the relay's logs; A's push latency (p99) stays within 2x of its value without B.</summary>
public sealed class FastAndSlowClient() : WaitingScenario("waits for measured push latencies with and without a slow second client");
