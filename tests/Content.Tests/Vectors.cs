using System.Text.Json;
using Xunit;

namespace ZeroK.Content.Tests;

/// <summary>The public vector files, which lie outside the repository: ../shared/vectors, or where ZEROK_VECTORS points.</summary>
internal static class Vectors
{
    public static JsonElement Load(string file)
    {
        var path = Find(file);
        if (path is null) Assert.Skip($"{file} is neither in ../shared/vectors nor where ZEROK_VECTORS points.");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>The cases of one list; an empty list fails.</summary>
    public static IReadOnlyList<JsonElement> Cases(this JsonElement file, string name)
    {
        var cases = file.GetProperty(name).EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        return cases;
    }

    public static int Int(this JsonElement element, string name) => element.GetProperty(name).GetInt32();

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>BLAKE3's test input: byte i is i mod 251.</summary>
    public static byte[] Modulo251(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)(i % 251);
        return bytes;
    }

    /// <summary>Bao's test input: a 4-byte little-endian counter, from 1 on.</summary>
    public static byte[] Counter(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)(((i / 4) + 1) >> (8 * (i % 4)));
        return bytes;
    }

    private static string? Find(string file)
    {
        var folder = Environment.GetEnvironmentVariable("ZEROK_VECTORS");
        if (!string.IsNullOrEmpty(folder)) return Existing(Path.Combine(folder, file));
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
        {
            if (File.Exists(Path.Combine(up.FullName, "ZeroK.Orleans.sln")))
                return Existing(Path.Combine(up.FullName, "..", "shared", "vectors", file));
        }

        return null;
    }

    private static string? Existing(string path) => File.Exists(path) ? path : null;
}
