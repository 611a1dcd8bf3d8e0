using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>E-PQ-01: flip a bit in the encapsulated key. Must: the whole hybrid handshake fails: there is no path to an X25519-only or ML-KEM-only session (asserted against the negotiated protocol name and the key schedule); the error names the post-quantum component; no shared secret or key bytes in the error, logs or exceptions.</summary>
public sealed class CorruptedMLKEMCiphertext() : WaitingScenario("waits for a seam that rewrites handshake bodies with new lengths and keys");

/// <summary>E-PQ-02: one byte short. Must: the whole hybrid handshake fails: there is no path to an X25519-only or ML-KEM-only session (asserted against the negotiated protocol name and the key schedule); the error names the post-quantum component; no shared secret or key bytes in the error, logs or exceptions.</summary>
public sealed class TruncatedMLKEMCiphertext() : WaitingScenario("waits for a seam that rewrites handshake bodies with new lengths and keys");

/// <summary>E-PQ-03: force a wrong ML-KEM shared secret with a correct X25519 exchange, and the reverse. Must: the whole hybrid handshake fails: there is no path to an X25519-only or ML-KEM-only session (asserted against the negotiated protocol name and the key schedule); the error names the post-quantum component; no shared secret or key bytes in the error, logs or exceptions; the session key is a KDF over both secrets: neither alone, nor any prefix of the transcript with one of them, derives it (recomputed in the test).</summary>
public sealed class MLKEMFailsWhileX25519IsValid() : WaitingScenario("waits for a seam that rewrites handshake bodies with new lengths and keys");

/// <summary>E-PQ-04: encapsulation keys and ciphertexts of size 0, -1, +1, 65535. Must: the whole hybrid handshake fails: there is no path to an X25519-only or ML-KEM-only session (asserted against the negotiated protocol name and the key schedule); the error names the post-quantum component; no shared secret or key bytes in the error, logs or exceptions.</summary>
public sealed class KeySizeBoundaryViolations() : WaitingScenario("waits for a seam that rewrites handshake bodies with new lengths and keys");

/// <summary>E-PQ-05: an encapsulation key that fails the FIPS 203 modulus check, all zeros, all 0xFF; a low-order X25519 point. Must: the whole hybrid handshake fails: there is no path to an X25519-only or ML-KEM-only session (asserted against the negotiated protocol name and the key schedule); the error names the post-quantum component; no shared secret or key bytes in the error, logs or exceptions.</summary>
public sealed class MalformedPublicKey() : WaitingScenario("waits for a seam that rewrites handshake bodies with new lengths and keys");
