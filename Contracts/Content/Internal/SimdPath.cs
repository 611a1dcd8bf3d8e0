namespace ZeroK.Content.Internal;

/// <summary>How many inputs are compressed at once. A path uses the narrower ones for what is left over.</summary>
internal enum SimdPath
{
    /// <summary>One at a time, in plain integers.</summary>
    Scalar = 0,
    /// <summary>4 (SSE2/SSSE3, NEON).</summary>
    Vector128,
    /// <summary>8 (AVX2).</summary>
    Vector256,
    /// <summary>16 (AVX-512F).</summary>
    Vector512,
}
