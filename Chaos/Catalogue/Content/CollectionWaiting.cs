using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>C-COLL-01: 3 of 5 members arrive, 2 fail. Must: the collection is never presented as complete; it says which members are missing, and completes later without re-fetching the 3.</summary>
public sealed class PartialCollection() : WaitingScenario("waits for collections in the client");

/// <summary>C-COLL-02: alter the manifest that lists the members' hashes. Must: detected before any member is served from it.</summary>
public sealed class CorruptedManifest() : WaitingScenario("waits for collections in the client");
