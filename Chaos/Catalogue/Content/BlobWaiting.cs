using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>S-BLOB-01: flip a bit of the ciphertext after encryption, before hashing; and in transit. Must: corruption is detected before any decrypted byte is returned; BLAKE3 catches a single flipped bit; a partial transfer is refused, never accepted silently.</summary>
public sealed class CorruptedBetweenEncryptAndHash() : WaitingScenario("waits for content upload and download in the client");

/// <summary>S-BLOB-02: change the stored object after its BLAKE3 hash was taken. Must: corruption is detected before any decrypted byte is returned; BLAKE3 catches a single flipped bit; a partial transfer is refused, never accepted silently.</summary>
public sealed class ModifiedAtRest() : WaitingScenario("waits for content upload and download in the client");

/// <summary>S-BLOB-03: cut the stream at a seeded offset. Must: corruption is detected before any decrypted byte is returned; BLAKE3 catches a single flipped bit; a partial transfer is refused, never accepted silently; the transfer resumes from the last verified chunk: bytes fetched in total stay under size + 2 chunks.</summary>
public sealed class PartialTransfer() : WaitingScenario("waits for content upload and download in the client");

/// <summary>S-BLOB-04: encrypt one plaintext twice. Must: the two ciphertexts and hashes differ; both decrypt to the identical content.</summary>
public sealed class SamePlaintextTwice() : WaitingScenario("waits for content upload and download in the client");
