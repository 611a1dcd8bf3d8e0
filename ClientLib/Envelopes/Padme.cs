using System.Numerics;

namespace ZeroK.Client.Envelopes;

/// <summary>PADMÉ padding (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019): lengths keep only as many significant bits as their logarithm needs.</summary>
internal static class Padme
{
    /// <summary>The padded length: at most 12 % more, 3 % from 1 MiB on.</summary>
    public static int PaddedLength(int length) => checked((int)PaddedLength((long)length));

    /// <summary>The same for long objects.</summary>
    public static long PaddedLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length < 2) return length;
        var exponent = BitOperations.Log2((ulong)length);
        var kept = BitOperations.Log2((uint)exponent) + 1;
        if (exponent <= kept) return length;
        var mask = (1L << (exponent - kept)) - 1;
        return checked(length + mask) & ~mask;
    }
}
