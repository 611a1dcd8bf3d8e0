using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Sync;

/// <summary>S-CONV-03: force two clients' vectors apart, then let them sync. Must: after healing and quiescence all clients hold identical blob sets and byte-identical version vectors; no silent divergence: a gap is reported as a gap.</summary>
public sealed class VersionVectorsDiverge() : WaitingScenario("waits for a seam that sets a client's version vector");
