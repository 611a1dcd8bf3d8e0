namespace ZeroK.Bench.Content;

/// <summary>Put and get of a file by the command line through a relay on loopback: from start to end of each command, its start included.</summary>
internal static class TransferBench
{
    private const double PeakMbMax = 150;

    public static async Task RunAsync(string transport, int mebibytes, Figures figures)
    {
        await using var lab = await Lab.StartAsync(transport, mebibytes);
        var bytes = mebibytes * 1048576.0;
        var put = await lab.RunAsync("a", "content", "put", lab.Source);
        await lab.RunAsync("b", "pull");
        var target = Path.Combine(lab.Directory, "target.bin");
        var get = await lab.RunAsync("b", "content", "get", "source.bin", "--out", target);
        if (!await SameAsync(lab.Source, target)) throw new InvalidOperationException("The file that came back is another one.");
        figures.Add($"put over {transport}", bytes / put.Seconds / 1e6, "MB/s");
        figures.Add($"get over {transport}", bytes / get.Seconds / 1e6, "MB/s");
        figures.AddAtMost($"most memory of the putting client over {transport}", put.PeakMb, "MB", PeakMbMax);
        figures.AddAtMost($"most memory of the getting client over {transport}", get.PeakMb, "MB", PeakMbMax);
        figures.AddAtMost($"most memory of the relay over {transport}", lab.RelayPeakMb, "MB", PeakMbMax);
    }

    internal static async Task<bool> SameAsync(string one, string two)
    {
        await using var a = File.OpenRead(one);
        await using var b = File.OpenRead(two);
        var (left, right) = (await System.Security.Cryptography.SHA256.HashDataAsync(a), await System.Security.Cryptography.SHA256.HashDataAsync(b));
        return left.AsSpan().SequenceEqual(right);
    }
}
