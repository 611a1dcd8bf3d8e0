namespace ZeroK.Fuzz.Tests.Engine;

/// <summary>An input for which something did not hold.</summary>
/// <param name="Target">Whose.</param>
/// <param name="Seed">The run's seed: the same seed comes to the same input.</param>
/// <param name="Iteration">At which input of the run.</param>
/// <param name="Input">The bytes.</param>
/// <param name="What">What did not hold.</param>
public sealed record Finding(string Target, int Seed, long Iteration, byte[] Input, string What)
{
    private const int ShownBytesMax = 4096;

    public override string ToString() =>
        $"{Target}: {What}\nReplay: ZEROK_FUZZ_SEED={Seed}, input {Iteration}; or put this line into corpus/{Target}.findings.hex:\n{Convert.ToHexStringLower(Input.AsSpan(0, Math.Min(Input.Length, ShownBytesMax)))}";
}
