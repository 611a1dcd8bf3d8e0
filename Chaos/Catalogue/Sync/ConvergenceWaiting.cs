using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Sync;

/// <summary>S-CONV-02: a client returns after a long time offline, with 1,000 and with 100,000 blobs between (and part of them expired). Must: after healing and quiescence all clients hold identical blob sets and byte-identical version vectors; no silent divergence: a gap is reported as a gap; the client is told what expired; it is never led to believe that it is complete.</summary>
public sealed class StaleCursor() : WaitingScenario("waits for a relay with a short time to live under the test's control, and 100,000 blobs");

/// <summary>S-CONV-03: force two clients' vectors apart, then let them sync. Must: after healing and quiescence all clients hold identical blob sets and byte-identical version vectors; no silent divergence: a gap is reported as a gap.</summary>
public sealed class VersionVectorsDiverge() : WaitingScenario("waits for a seam that sets a client's version vector");

/// <summary>S-CONV-04: pull only what follows a given cursor. Must: after healing and quiescence all clients hold identical blob sets and byte-identical version vectors; no silent divergence: a gap is reported as a gap; no gap after that cursor.</summary>
public sealed class SelectivePull() : WaitingScenario("waits for a selective pull in the client agent");
