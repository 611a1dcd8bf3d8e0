using System.Text.Json;
using Xunit;

namespace ZeroK.Contracts.Tests;

/// <summary>Public test vectors, read where they lie: the folder of ZEROK_VECTORS, or ../shared/vectors beside the repository.</summary>
internal static class Vectors
{
    public static JsonElement Load(string file)
    {
        var path = Path.Combine(Folder(), file);
        if (!File.Exists(path)) Assert.Skip($"no vectors: {file} is not in the folder of ZEROK_VECTORS (default ../shared/vectors)");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    private static string Folder()
    {
        if (Environment.GetEnvironmentVariable("ZEROK_VECTORS") is { Length: > 0 } given) return given;
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ZeroK.Orleans.sln")))
            directory = directory.Parent;
        return Path.Combine(directory?.Parent?.FullName ?? ".", "shared", "vectors");
    }
}
