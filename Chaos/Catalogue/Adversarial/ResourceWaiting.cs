using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>A-RES-01: 1,000 simultaneous connections that never finish the handshake. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s; the per-address limit fires, and the log names the reason without session metadata.</summary>
public sealed class ConnectionFlood() : WaitingScenario("waits for a load generator that holds 1,000 half-open connections beside honest clients whose success and p99 are measured; the limits themselves are tested in the relay's own tests");

/// <summary>A-RES-02: large payloads on many sessions at once, under a memory limit. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s; resident memory stays under the configured ceiling.</summary>
public sealed class MemoryExhaustion() : WaitingScenario("waits for a relay under a memory limit (a cgroup, so the docker tier) and a hostile client that sends large payloads on many sessions");

/// <summary>A-RES-03: open connections until the process limit. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s; accepting resumes once descriptors are free.</summary>
public sealed class FileDescriptorExhaustion() : WaitingScenario("waits for a relay started under a descriptor limit (prlimit, or ulimit in a container) and a hostile client that opens connections");

/// <summary>A-RES-04: byte-a-second senders and readers that never read, stalled QUIC streams included. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s; slow sessions are closed at their deadline; memory for unread NOTIFY and PULL data is bounded per session.</summary>
public sealed class SlowClients() : WaitingScenario("waits for a hostile client that sends a byte a second or never reads, over TCP and on stalled QUIC streams");

/// <summary>A-RES-05: restart the relay under 500 clients that all reconnect. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s; every client is back within 60 s; the handshake rate is shaped by jittered back-off.</summary>
public sealed class ReconnectionStorm() : WaitingScenario("waits for 500 light clients in one process: 500 agents are more than a machine of two cores holds");
