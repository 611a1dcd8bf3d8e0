namespace ZeroK.Content.Internal;

/// <summary>Chooses the kernels by what the processor has.</summary>
internal static class Kernels
{
    /// <summary>The widest path that this processor has.</summary>
    internal static SimdPath Best { get; } =
        IsSupported(SimdPath.Vector512) ? SimdPath.Vector512
        : IsSupported(SimdPath.Vector256) ? SimdPath.Vector256
        : IsSupported(SimdPath.Vector128) ? SimdPath.Vector128
        : SimdPath.Scalar;

    internal static bool IsSupported(SimdPath path) => path switch
    {
        SimdPath.Vector512 => Kernel512.IsSupported && Kernel256.IsSupported,
        SimdPath.Vector256 => Kernel256.IsSupported,
        SimdPath.Vector128 => Kernel128.IsSupported,
        _ => true,
    };

    /// <summary>Compresses <paramref name="inputs"/> inputs of the job.</summary>
    internal static void Compress(SimdPath path, LaneJob job, int inputs)
    {
        for (; path >= SimdPath.Vector512 && inputs >= Kernel512.Lanes; inputs -= Kernel512.Lanes)
        {
            Kernel512.Compress(in job);
            job.Advance(Kernel512.Lanes);
        }

        for (; path >= SimdPath.Vector256 && inputs >= Kernel256.Lanes; inputs -= Kernel256.Lanes)
        {
            Kernel256.Compress(in job);
            job.Advance(Kernel256.Lanes);
        }

        for (; path >= SimdPath.Vector128 && inputs >= Kernel128.Lanes; inputs -= Kernel128.Lanes)
        {
            Kernel128.Compress(in job);
            job.Advance(Kernel128.Lanes);
        }

        for (; inputs > 0; inputs--)
        {
            ScalarKernel.Compress(in job);
            job.Advance(1);
        }
    }
}
