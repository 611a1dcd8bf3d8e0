using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>E-ENC-01: flip a single bit at a seeded position of an encrypted blob. Must: decryption fails with an authentication error: no byte of output is handed to the caller; the session stays usable: the next good message is delivered (session tier), or, where the transport cipher itself was attacked, the session is closed and a reconnect resumes with nothing lost; no plaintext and no key bytes in any exception message, log line or buffer handed out.</summary>
public sealed class CorruptedCiphertext() : WaitingScenario("waits for a seam to alter a sealed blob between a client and the store");

/// <summary>E-ENC-02: cut an encrypted blob at every length from 0 to full-1 (seeded sample). Must: decryption fails with an authentication error: no byte of output is handed to the caller; the session stays usable: the next good message is delivered (session tier), or, where the transport cipher itself was attacked, the session is closed and a reconnect resumes with nothing lost; no plaintext and no key bytes in any exception message, log line or buffer handed out.</summary>
public sealed class TruncatedCiphertext() : WaitingScenario("waits for a seam to alter a sealed blob between a client and the store");

/// <summary>E-ENC-03: alter the Poly1305 tag. Must: decryption fails with an authentication error: no byte of output is handed to the caller; the session stays usable: the next good message is delivered (session tier), or, where the transport cipher itself was attacked, the session is closed and a reconnect resumes with nothing lost; no plaintext and no key bytes in any exception message, log line or buffer handed out.</summary>
public sealed class ModifiedAuthenticationTag() : WaitingScenario("waits for a seam to alter a sealed blob between a client and the store");

/// <summary>E-ENC-04: replay a nonce with another ciphertext, zero the nonce, swap nonces between two blobs; also: 1,000 blobs/s for 10 s. Must: decryption fails with an authentication error: no byte of output is handed to the caller; the session stays usable: the next good message is delivered (session tier), or, where the transport cipher itself was attacked, the session is closed and a reconnect resumes with nothing lost; no plaintext and no key bytes in any exception message, log line or buffer handed out; no nonce is ever used twice with one key (all nonces recorded and compared).</summary>
public sealed class NonceManipulation() : WaitingScenario("waits for a seam to alter a sealed blob between a client and the store");

/// <summary>E-ENC-05: push a zero-length plaintext. Must: arrives on every other device as a zero-length blob, distinct from 'no data'; its ciphertext is authenticated and padded like any other.</summary>
public sealed class EmptyPayload() : WaitingScenario("waits for the in-memory pair of client and relay");
