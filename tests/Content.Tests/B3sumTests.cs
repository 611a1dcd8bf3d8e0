using System.Diagnostics;
using Xunit;

namespace ZeroK.Content.Tests;

/// <summary>The same files through b3sum, the reference implementation's own program.</summary>
public sealed class B3sumTests
{
    [Fact]
    public async Task Random_files_have_the_hash_that_b3sum_prints()
    {
        if (FindB3sum() is not { } b3sum)
        {
            Assert.Skip("b3sum is not installed (Debian: apt-get install b3sum).");
            return;
        }

        var random = new Random(20261123);
        var folder = Directory.CreateTempSubdirectory("zerok-b3sum-");
        try
        {
            // Edges first, then anything up to 8 MiB; the largest is beyond what threads share at once in small subtrees.
            int[] lengths = [0, 1, 1024, 1025, 16_384, 16_385, 524_287, 524_288, 524_289, 4 << 20, (4 << 20) + 1, .. Enumerable.Range(0, 12).Select(_ => random.Next(8 << 20))];
            foreach (var length in lengths)
            {
                var data = new byte[length];
                random.NextBytes(data);
                var path = Path.Combine(folder.FullName, "file");
                await File.WriteAllBytesAsync(path, data, TestContext.Current.CancellationToken);
                var expected = await RunAsync(b3sum, path);
                Assert.Equal(expected, Blake3.Hash(data).ToHex());
                Assert.Equal(expected, Blake3.Hash(data, degreeOfParallelism: 4).ToHex());
                Assert.Equal(expected, Blake3File.Hash(path).ToHex());
                Assert.Equal(expected, Blake3File.Hash(path, degreeOfParallelism: 3).ToHex());
                OutboardBuilder.Compute(data, out var tree, degreeOfParallelism: 2);
                Assert.Equal(expected, tree.ToHex());
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string? FindB3sum() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "b3sum.exe" : "b3sum"))
        .FirstOrDefault(File.Exists);

    private static async Task<string> RunAsync(string program, string path)
    {
        using var process = Process.Start(new ProcessStartInfo(program, ["--no-names", path]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
