using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.CrossPlatform;

/// <summary>X-PLAT-01: 500 ms latency, 20 % loss. Must: both sides converge (blob sets and version vectors).</summary>
public sealed class LinuxAndWindowsClient() : WaitingScenario("waits for virtual machines with other operating systems");

/// <summary>X-PLAT-02: pause and resume. Must: both sides converge (blob sets and version vectors).</summary>
public sealed class MacOSClientThatSleeps() : WaitingScenario("waits for a macOS machine (pausing processes works here, and is to run as its Linux variant)");

/// <summary>X-PLAT-03: three operating systems. Must: both sides converge (blob sets and version vectors).</summary>
public sealed class MixedClientsRelayRestart() : WaitingScenario("waits for virtual machines with other operating systems");

/// <summary>X-PLAT-04: a second process holds a lock on the client's files during a write. Must: both sides converge (blob sets and version vectors); the client waits or queues: no corruption, no crash.</summary>
public sealed class FileLockedByAnotherProcess() : WaitingScenario("waits for a Windows machine (file locks work here, and are to run as its Linux variant)");
