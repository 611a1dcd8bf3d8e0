namespace ZeroK.Noise;

/// <summary>What was wrong with a handshake message, without naming a secret.</summary>
public enum NoiseFailure
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>The message has another length than its pattern gives.</summary>
    Length,
    /// <summary>An X25519 public key is of low order.</summary>
    X25519,
    /// <summary>An ML-KEM public key or ciphertext is malformed, or the first seal under its shared secret did not open.</summary>
    MlKem,
    /// <summary>A seal did not open: other keys, or changed on the way.</summary>
    Cipher,
}
