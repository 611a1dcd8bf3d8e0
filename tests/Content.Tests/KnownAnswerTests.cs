using System.Text;
using Xunit;
using ZeroK.Content.Internal;

namespace ZeroK.Content.Tests;

/// <summary>Answers that lie in the repository, for checkouts without the vector files: from the BLAKE3 specification and its reference vectors (public domain, CC0).</summary>
public sealed class KnownAnswerTests
{
    [Theory]
    [InlineData("", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85")]
    [InlineData("IETF", "83a2de1ee6f4e6ab686889248f4ec0cf4cc5709446a682ffd1cbb4d6165181e2")]
    public void Hash_of_a_text(string text, string expected)
    {
        var data = Encoding.ASCII.GetBytes(text);
        Assert.Equal(expected, Blake3.Hash(data).ToHex());
        using var hasher = new Blake3Hasher();
        hasher.Update(data);
        Assert.Equal(expected, hasher.Finish().ToHex());
    }

    [Theory]
    [InlineData(1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213")]
    [InlineData(1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7")]
    [InlineData(1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444")]
    [InlineData(102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085")]
    public void Hash_of_bytes_modulo_251_on_every_path(int length, string expected)
    {
        foreach (var path in Enum.GetValues<SimdPath>().Where(Kernels.IsSupported))
        {
            var hash = new byte[Blake3.HashSize];
            Blake3.HashCore(Blake3Mode.Hash, Vectors.Modulo251(length), hash, 1, path);
            Assert.Equal(expected, Convert.ToHexStringLower(hash));
        }
    }

    [Fact]
    public void Keyed_hash_and_derived_key_of_nothing()
    {
        var output = new byte[32];
        Blake3.KeyedHash("whats the Elvish word for friend"u8, [], output);
        Assert.Equal("92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26", Convert.ToHexStringLower(output));
        Blake3.DeriveKey("BLAKE3 2019-12-27 16:29:52 test vectors context", [], output);
        Assert.Equal("2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d", Convert.ToHexStringLower(output));
    }

    [Fact]
    public void The_scalar_path_is_always_there_and_the_best_path_is_supported()
    {
        Assert.True(Kernels.IsSupported(SimdPath.Scalar));
        Assert.True(Kernels.IsSupported(Kernels.Best));
    }

    [Fact]
    public void Chunk_counters_above_32_bits_reach_the_high_word_on_every_path()
    {
        // 16 chunks across the carry, each also alone through the scalar path.
        var data = Vectors.Modulo251(16 * Blake3.ChunkSize);
        const ulong First = 0xFFFF_FFF8;
        foreach (var path in Enum.GetValues<SimdPath>().Where(Kernels.IsSupported))
        {
            var all = Chunks(path, data, First);
            for (var chunk = 0; chunk < 16; chunk++)
            {
                var one = Chunks(SimdPath.Scalar, data.AsSpan(chunk * Blake3.ChunkSize, Blake3.ChunkSize), First + (ulong)chunk);
                Assert.Equal(one, all[(32 * chunk)..(32 * (chunk + 1))]);
            }
        }
    }

    private static unsafe byte[] Chunks(SimdPath path, ReadOnlySpan<byte> data, ulong counter)
    {
        var values = new byte[data.Length / Blake3.ChunkSize * 32];
        fixed (byte* input = data)
        fixed (byte* output = values)
            Subtree.Chunks(path, Blake3Mode.Hash, input, data.Length, counter, output);
        return values;
    }
}
