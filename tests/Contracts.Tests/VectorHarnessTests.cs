using System.Text.Json;
using Xunit;
using Xunit.Sdk;
using ZeroK.Tests.Shared;

namespace ZeroK.Contracts.Tests;

/// <summary>The judge of the vector files can say no: a file without cases fails, a wrong case is named, and only what is absent is skipped.</summary>
public sealed class VectorHarnessTests
{
    [Theory]
    [InlineData("""{"testGroups": []}""")]
    [InlineData("""{"testGroups": [{"tests": []}]}""")]
    public void A_file_without_cases_fails(string json) =>
        Assert.Contains("no cases", Assert.ThrowsAny<XunitException>(() => Vectors.RunAll(Parse(json), "empty.json", (_, _) => true)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_case_that_does_not_hold_fails_and_is_named()
    {
        var root = Parse("""{"testGroups": [{"tests": [{"tcId": 7}, {"tcId": 8}]}]}""");
        Assert.Contains("cases 8 of 2", Assert.ThrowsAny<XunitException>(() => Vectors.RunAll(root, "some.json", (_, test) => test.GetProperty("tcId").GetInt32() == 7)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_fails_and_an_absent_folder_or_file_is_skipped_with_a_reason()
    {
        var folder = Directory.CreateTempSubdirectory("zerok-vectors-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "empty.json"), "");
            Assert.False(Thrown(() => Vectors.Load(folder, "empty.json")) is null or SkipException);
            Assert.Contains("is not in the folder", Assert.IsType<SkipException>(Thrown(() => Vectors.Load(folder, "other.json"))).Message, StringComparison.Ordinal);
            Assert.Contains("is not here", Assert.IsType<SkipException>(Thrown(() => Vectors.Load(Path.Combine(folder, "no"), "other.json"))).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Exception? Thrown(Func<JsonElement> step)
    {
        try
        {
            step();
            return null;
        }
        catch (Exception e) when (e is JsonException or SkipException)
        {
            return e;
        }
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
