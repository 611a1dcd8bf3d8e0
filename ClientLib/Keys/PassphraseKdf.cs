using NSec.Cryptography;

namespace ZeroK.Client.Keys;

/// <summary>Argon2id (RFC 9106), version 0x13, one lane.</summary>
internal static class PassphraseKdf
{
    /// <summary>Fills <paramref name="destination"/>. The caller has checked the parameters and wipes what is his.</summary>
    /// <param name="password">UTF-8 bytes of the passphrase.</param>
    /// <param name="salt">16 bytes.</param>
    /// <param name="memoryKiB">Memory, KiB.</param>
    /// <param name="passes">Passes over the memory.</param>
    /// <param name="destination">Takes the derived bytes; their number is part of the computation.</param>
    public static void Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, uint memoryKiB, uint passes, Span<byte> destination) =>
        PasswordBasedKeyDerivationAlgorithm.Argon2id(new Argon2Parameters { DegreeOfParallelism = 1, MemorySize = memoryKiB, NumberOfPasses = passes }).DeriveBytes(password, salt, destination);
}
