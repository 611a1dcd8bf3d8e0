using System.Text.Json;
using Xunit;

namespace ZeroK.Tests.Shared;

/// <summary>Public test vectors, read where they lie: the folder of ZEROK_VECTORS, or ../shared/vectors beside the repository. Any file of the same format can be put in a file's place.</summary>
internal static class Vectors
{
    /// <summary>A file, parsed. Skips where it is absent; an empty file fails.</summary>
    public static JsonElement Load(string file) => Load(Folder(), file);

    internal static JsonElement Load(string folder, string file)
    {
        if (!Directory.Exists(folder)) Assert.Skip("no vectors: the folder that ZEROK_VECTORS names (default ../shared/vectors) is not here");
        var path = Path.Combine(folder, file);
        if (!File.Exists(path)) Assert.Skip($"no vectors: {file} is not in the folder of ZEROK_VECTORS (default ../shared/vectors)");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>Runs each case of each group of a Wycheproof file. Fails for a case that does not hold, and for a file without cases.</summary>
    public static void RunAll(string file, Func<JsonElement, JsonElement, bool> holds) => RunAll(Load(file), file, holds);

    internal static void RunAll(JsonElement root, string file, Func<JsonElement, JsonElement, bool> holds)
    {
        var wrong = new List<int>();
        var count = 0;
        foreach (var group in root.GetProperty("testGroups").EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                count++;
                if (!holds(group, test)) wrong.Add(test.GetProperty("tcId").GetInt32());
            }
        }

        Assert.True(count > 0, $"{file} has no cases.");
        Assert.True(wrong.Count == 0, $"{file}: cases {string.Join(", ", wrong)} of {count} came out wrong.");
    }

    /// <summary>What a case says of itself: "valid", "invalid" or "acceptable".</summary>
    public static string Result(JsonElement test) => test.GetProperty("result").GetString()!;

    /// <summary>A member's bytes.</summary>
    public static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);

    /// <summary>A document of the repository: known answers stand in docs/PROTOCOL.md too.</summary>
    public static string Document(string name) => File.ReadAllText(Path.Combine(Root()?.FullName ?? throw new InvalidOperationException("ZeroK.Orleans.sln is in no folder above the tests."), "docs", name));

    private static string Folder() =>
        Environment.GetEnvironmentVariable("ZEROK_VECTORS") is { Length: > 0 } given ? given : Path.Combine(Root()?.Parent?.FullName ?? ".", "shared", "vectors");

    private static DirectoryInfo? Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ZeroK.Orleans.sln"))) directory = directory.Parent;
        return directory;
    }
}
