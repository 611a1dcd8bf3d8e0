using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Adversarial;

/// <summary>A-PROTO-01: 10,000 seeded mutations of valid frames and random bytes, before and after the handshake. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s.</summary>
public sealed class MalformedMessages() : WaitingScenario("waits for a hostile client on a session after HELLO, beside honest clients whose success and p99 are measured; the parsers are fuzzed by tests/Fuzz.Tests");

/// <summary>A-PROTO-02: re-inject recorded frames of this and of earlier sessions. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s; no state changes from a replayed frame.</summary>
public sealed class Replay() : WaitingScenario("waits for a hostile client that repeats recorded frames on a session after HELLO; replayed handshakes run as E-HS-04");

/// <summary>A-PROTO-03: PUSH before HELLO, second HELLO, ACK beyond the head, PULL after BYE, operations on another group. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s.</summary>
public sealed class OutOfOrderOperations() : WaitingScenario("waits for a hostile client that sends messages in any order on a session of its own");

/// <summary>A-PROTO-04: frames and blobs above each limit, and lengths that lie. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s; refused on the length field, before the body is buffered.</summary>
public sealed class OversizedPayloads() : WaitingScenario("waits for a hostile client that sends frames above each limit after HELLO; oversized handshake frames run as E-HS-05");

/// <summary>A-PROTO-05: every unassigned type byte, and assigned ones in the wrong direction. Must: the attack is refused with the right error code; legitimate clients keep working: their success rate is 100 % and p99 stays under 5x of its clean value; the relay neither crashes nor leaks: sessions, handles and memory are back to the baseline within 60 s.</summary>
public sealed class UnknownMessageTypes() : WaitingScenario("waits for a hostile client that sends any type byte on a session after HELLO");
