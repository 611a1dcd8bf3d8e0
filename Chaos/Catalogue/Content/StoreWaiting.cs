using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>C-STOR-01: the store errors after half the bytes (disk full on the process and Docker tiers). Must: a failed write is reported to the caller and the object is marked unsent; read corruption is detected by hash; a quota error is actionable: it names limit, use and need; after recovery nothing queued is skipped and nothing is sent twice.</summary>
public sealed class WriteFailsMidObject() : WaitingScenario("waits for content storage with an error-injecting store");

/// <summary>C-STOR-02: flip bits on read. Must: a failed write is reported to the caller and the object is marked unsent; read corruption is detected by hash; a quota error is actionable: it names limit, use and need; after recovery nothing queued is skipped and nothing is sent twice.</summary>
public sealed class ReadReturnsCorruptedBytes() : WaitingScenario("waits for content storage with an error-injecting store");

/// <summary>C-STOR-03: refuse writes above a threshold. Must: a failed write is reported to the caller and the object is marked unsent; read corruption is detected by hash; a quota error is actionable: it names limit, use and need; after recovery nothing queued is skipped and nothing is sent twice.</summary>
public sealed class QuotaExceeded() : WaitingScenario("waits for content storage with an error-injecting store");

/// <summary>C-STOR-04: fail every call, then recover. Must: a failed write is reported to the caller and the object is marked unsent; read corruption is detected by hash; a quota error is actionable: it names limit, use and need; after recovery nothing queued is skipped and nothing is sent twice.</summary>
public sealed class StoreUnavailableThenBack() : WaitingScenario("waits for content storage with an error-injecting store");
