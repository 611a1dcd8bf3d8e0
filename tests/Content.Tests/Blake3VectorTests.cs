using System.Text;
using System.Text.Json;
using Xunit;
using ZeroK.Content.Internal;

namespace ZeroK.Content.Tests;

/// <summary>The official test vectors, every case through every path that this processor has.</summary>
public sealed class Blake3VectorTests
{
    public static TheoryData<string> Paths => [.. Enum.GetNames<SimdPath>()];

    internal static SimdPath Require(string name)
    {
        var path = Enum.Parse<SimdPath>(name);
        if (!Kernels.IsSupported(path)) Assert.Skip($"This processor has no {name}.");
        return path;
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_case_in_one_call(string name) => EachCase(name, (mode, path, input, output) => Blake3.HashCore(mode, input, output, 1, path));

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_case_with_two_threads(string name) => EachCase(name, (mode, path, input, output) => Blake3.HashCore(mode, input, output, 2, path));

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_case_in_pieces(string name)
    {
        foreach (var piece in (int[])[1, 63, 64, 65, 1000, 1024, 1025, 4096, 70_000])
        {
            EachCase(name, (mode, path, input, output) =>
            {
                var hasher = new Blake3Hasher(mode, path);
                for (var at = 0; at < input.Length; at += piece) hasher.Update(input.AsSpan(at, Math.Min(piece, input.Length - at)));
                hasher.Finish(output);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_case_by_seeking_in_the_output(string name) => EachCase(name, (mode, path, input, output) =>
    {
        var hasher = new Blake3Hasher(mode, path);
        hasher.Update(input);
        var extended = hasher.FinishExtended();
        for (var at = output.Length - 1; at >= 0; at--)
        {
            extended.Position = (ulong)at;
            extended.Read(output.AsSpan(at, 1));
        }
    });

    [Fact]
    public void Every_case_through_the_public_methods()
    {
        var file = Vectors.Load("blake3_test_vectors.json");
        var key = Encoding.ASCII.GetBytes(file.Text("key"));
        foreach (var test in file.Cases("cases"))
        {
            var input = Vectors.Modulo251(test.Int("input_len"));
            var output = new byte[test.Text("hash").Length / 2];
            Blake3.Hash(input, output);
            Assert.Equal(test.Text("hash"), Convert.ToHexStringLower(output));
            Assert.Equal(test.Text("hash")[..64], Blake3.Hash(input).ToHex());
            Blake3.KeyedHash(key, input, output);
            Assert.Equal(test.Text("keyed_hash"), Convert.ToHexStringLower(output));
            Blake3.DeriveKey(file.Text("context_string"), input, output);
            Assert.Equal(test.Text("derive_key"), Convert.ToHexStringLower(output));
        }
    }

    private static void EachCase(string name, Action<Blake3Mode, SimdPath, byte[], byte[]> hash)
    {
        var path = Require(name);
        var file = Vectors.Load("blake3_test_vectors.json");
        var modes = new Dictionary<string, Blake3Mode>
        {
            ["hash"] = Blake3Mode.Hash,
            ["keyed_hash"] = Blake3Mode.Keyed(Encoding.ASCII.GetBytes(file.Text("key"))),
            ["derive_key"] = Blake3Mode.DeriveKey(file.Text("context_string"), path),
        };
        foreach (var test in file.Cases("cases"))
        {
            foreach (var (field, mode) in modes)
            {
                var expected = test.Text(field);
                var output = new byte[expected.Length / 2];
                hash(mode, path, Vectors.Modulo251(test.Int("input_len")), output);
                Assert.True(expected == Convert.ToHexStringLower(output), $"{field} of {test.Int("input_len")} bytes, {path}");
            }
        }
    }
}
