using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ZeroK.Bench.Content;

/// <summary>kill -9 of the client in the middle of a put and of a get: how much moves again afterwards.</summary>
internal static class ResumeBench
{
    private const long Group = 16 * 1024;

    // The most that is under way at a time (TransferWindow.Max).
    private const long InFlightMax = 1024 * 1024;

    public static async Task RunAsync(int mebibytes, Figures figures)
    {
        await using var lab = await Lab.StartAsync("tcp", mebibytes);
        var content = mebibytes * 1048576L;
        using (var putting = lab.Start("a", "content", "put", lab.Source)) await KillAtAsync(putting, lab.RelayContents, "*", content * 4 / 10);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var held = Largest(lab.RelayContents, "*");
        var put = (await lab.RunAsync("a", "content", "put", "--resume")).Result;
        Report(figures, "put", put, held);

        await lab.RunAsync("b", "pull");
        var stages = Path.Combine(lab.Directory, "b", "content");
        var target = Path.Combine(lab.Directory, "target.bin");
        using (var getting = lab.Start("b", "content", "get", "source.bin", "--out", target)) await KillAtAsync(getting, stages, "*.sealed", content * 4 / 10);
        var kept = Largest(stages, "*.sealed");
        var get = (await lab.RunAsync("b", "content", "get", "source.bin", "--out", target)).Result;
        Report(figures, "get", get, kept);
        if (!await TransferBench.SameAsync(lab.Source, target)) throw new InvalidOperationException("The file that came back is another one.");
    }

    // What moved holds the tree's parents too: a path of them for each piece, and one for each group.
    private static void Report(Figures figures, string what, JsonObject result, long kept)
    {
        var (size, moved) = ((long)result["sealedSize"]!, (long)result["moved"]!);
        var needed = size - kept;
        var parents = (needed / Group * 64) + ((needed / (64 * 1024)) + 1) * 64 * 20;
        figures.Add($"{what} killed with -9: kept", kept / 1e6, $"MB of {size / 1e6:0.#}");
        figures.AddAtMost($"{what} resumed: moved again, at most", Math.Max(0, moved - needed) / 1024.0, "KiB", (parents + (2 * Group) + InFlightMax) / 1024.0);
    }

    private static async Task KillAtAsync(Process process, string directory, string pattern, long bytes)
    {
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        while (Largest(directory, pattern) < bytes)
        {
            if (process.HasExited) throw new InvalidOperationException("The command ended before it could be killed: take more MiB.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        process.Kill();
        await process.WaitForExitAsync();
    }

    private static long Largest(string directory, string pattern) =>
        Directory.Exists(directory) ? new DirectoryInfo(directory).EnumerateFiles(pattern, SearchOption.AllDirectories).Select(f => f.Length).DefaultIfEmpty().Max() : 0;
}
