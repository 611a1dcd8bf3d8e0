namespace ZeroK.Client;

/// <summary>How expensive it is to try a passphrase: Argon2id (RFC 9106), one lane. Stored with the group and in its invites; never chosen from the machine, or two devices would derive different keys.</summary>
/// <param name="MemoryKiB">Memory, KiB; 19,456 (19 MiB) to 1,048,576 (1 GiB).</param>
/// <param name="Passes">Passes over the memory; 2 to 16.</param>
public readonly record struct Argon2idParameters(uint MemoryKiB, uint Passes)
{
    /// <summary>The least memory, KiB: 19 MiB.</summary>
    public const uint MemoryKiBMin = 19 * 1024;

    /// <summary>The most memory, KiB: 1 GiB, so that an invite can't exhaust the machine that reads it.</summary>
    public const uint MemoryKiBMax = 1024 * 1024;

    /// <summary>The fewest passes.</summary>
    public const uint PassesMin = 2;

    /// <summary>The most passes.</summary>
    public const uint PassesMax = 16;

    /// <summary>64 MiB, 3 passes (RFC 9106's second recommendation, with one lane).</summary>
    public static Argon2idParameters Default { get; } = new(64 * 1024, 3);

    /// <summary>Whether both numbers are within their limits.</summary>
    public bool IsValid => MemoryKiB is >= MemoryKiBMin and <= MemoryKiBMax && Passes is >= PassesMin and <= PassesMax;
}
