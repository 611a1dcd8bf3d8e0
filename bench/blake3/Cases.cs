using System.Diagnostics;
using ZeroK.Content;
using ZeroK.Content.Internal;

namespace ZeroK.Bench.Blake3;

/// <summary>The rows, in the order in which they run.</summary>
internal static class Cases
{
    public static IReadOnlyList<Measured> All(string path, int mebibytes)
    {
        var threads = Environment.ProcessorCount;
        var data = File.ReadAllBytes(path);
        var outboard = new byte[new ContentTree(data.Length).OutboardSize];
        var output = new byte[Content.Blake3.HashSize];
        var rows = new List<Measured>();
        Measured? one = null, oneRead = null, all = null;
        if (FindB3sum() is { } b3sum)
        {
            rows.Add(one = new Measured("b3sum --num-threads 1 (maps the file)", () => Program(b3sum, "--no-names", "--num-threads", "1", path)));
            rows.Add(oneRead = new Measured("b3sum --num-threads 1 --no-mmap (reads the file)", () => Program(b3sum, "--no-names", "--num-threads", "1", "--no-mmap", path)));
            rows.Add(all = new Measured("b3sum (all threads, maps the file)", () => Program(b3sum, "--no-names", path)));
        }

        rows.Add(new Measured("Blake3File.Hash, 1 thread", () => Here(() => Blake3File.Hash(path).ToHex()), one));
        rows.Add(new Measured("Blake3File.Hash, 1 thread, against --no-mmap", () => Here(() => Blake3File.Hash(path).ToHex()), oneRead));
        rows.Add(new Measured($"Blake3File.Hash, {threads} threads", () => Here(() => Blake3File.Hash(path, threads).ToHex()), all));
        rows.Add(new Measured("Blake3.Hash, in memory, 1 thread", () => Here(() => Content.Blake3.Hash(data).ToHex()), one));
        rows.Add(new Measured($"Blake3.Hash, in memory, {threads} threads", () => Here(() => Content.Blake3.Hash(data, threads).ToHex()), all));
        rows.Add(new Measured("OutboardBuilder, in memory, 1 thread", () => Here(() => Build(data, outboard)), one));
        rows.Add(new Measured("RangeEncoder + RangeDecoder, in memory, 1 thread", () => Here(() => Transfer(data, outboard))));
        foreach (var kernel in Enum.GetValues<SimdPath>().Where(Kernels.IsSupported))
        {
            rows.Add(new Measured($"in memory, 1 thread, {kernel} forced", () => Here(() =>
            {
                Content.Blake3.HashCore(Blake3Mode.Hash, data, output, 1, kernel);
                return Convert.ToHexStringLower(output);
            })));
        }

        return rows;
    }

    private static string Build(byte[] data, byte[] outboard)
    {
        var builder = new OutboardBuilder(new ContentTree(data.Length), (offset, parents) => parents.CopyTo(outboard.AsSpan((int)offset)));
        builder.Update(data);
        return builder.Finish().ToHex();
    }

    // Both ends of a transfer without anything between: verify on leaving, verify on arrival.
    private static string Transfer(byte[] data, byte[] outboard)
    {
        var tree = new ContentTree(data.Length);
        var hash = OutboardHash(tree, outboard);
        var encoder = new RangeEncoder(hash, tree, tree.All);
        var decoder = new RangeDecoder(hash, tree, tree.All);
        while (encoder.Next is { Source: not TreeSource.None } read)
        {
            var part = (read.Source == TreeSource.Content ? data : outboard).AsSpan((int)read.Offset, read.Length);
            if (!encoder.Supply(part, null) || decoder.Read(part, out _, out _) == DecodeResult.Refused)
                throw new InvalidOperationException("A good object was refused.");
        }

        return decoder.IsDone ? hash.ToHex() : throw new InvalidOperationException("The transfer did not end.");
    }

    // The root's parent comes first in the outboard.
    private static ContentHash OutboardHash(ContentTree tree, byte[] outboard)
    {
        Span<byte> hash = stackalloc byte[Content.Blake3.HashSize];
        NodeHash.Parent(outboard.AsSpan(0, ContentTree.ParentSize), tree.GroupCount > 1, hash);
        return new ContentHash(hash);
    }

    private static (string, Cost) Here(Func<string> work)
    {
        var processor = ProcessorTime.OfThisProcess;
        var start = Stopwatch.GetTimestamp();
        var hash = work();
        return (hash, new Cost(Stopwatch.GetElapsedTime(start), ProcessorTime.OfThisProcess - processor));
    }

    private static (string, Cost) Program(string file, params string[] arguments)
    {
        var processor = ProcessorTime.OfChildren;
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true })!;
        var hash = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return (hash, new Cost(Stopwatch.GetElapsedTime(start), ProcessorTime.OfChildren - processor));
    }

    private static string? FindB3sum() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "b3sum"))
        .FirstOrDefault(File.Exists);
}
