using System.Text.Json;
using Xunit;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>Public test vectors: in the folder that ZEROK_VECTORS names, or in ../shared/vectors beside the repository.</summary>
internal static class Vectors
{
    public static IEnumerable<(byte[] Key, JsonElement Test)> Wycheproof(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(file)));
        foreach (var group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
                yield return (Convert.FromHexString(test.GetProperty("key").GetString()!), test);
        }
    }

    private static string PathOf(string file)
    {
        var folder = Environment.GetEnvironmentVariable("ZEROK_VECTORS");
        if (string.IsNullOrEmpty(folder))
        {
            var root = new DirectoryInfo(AppContext.BaseDirectory);
            while (root is not null && !File.Exists(Path.Combine(root.FullName, "ZeroK.Orleans.sln"))) root = root.Parent;
            folder = root is null ? "" : Path.Combine(root.FullName, "..", "shared", "vectors");
        }

        if (!Directory.Exists(folder)) Assert.Skip("The folder with the test vectors is not here; ZEROK_VECTORS names it.");
        return Path.Combine(folder, file);
    }
}
