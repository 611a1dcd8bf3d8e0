using CsCheck;
using Xunit;
using ZeroK.Client;
using ZeroK.Client.Content;

namespace ZeroK.Content.Tests.Client;

/// <summary>The sealed form of content: what opens, and that nothing else does.</summary>
public sealed class SealingTests
{
    private const int Text = SealedLayout.TextSize;

    private static readonly Gen<int> Lengths = Gen.OneOf(
        Gen.Int[0, 300],
        Gen.OneOf(Text, 2 * Text, 3 * Text, 16 * Text, 17 * Text).SelectMany(edge => Gen.Int[-17, 17].Select(off => edge + off)),
        Gen.Int[0, 18 * Text]);

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public async Task What_is_sealed_opens_again_whatever_its_length() =>
        await Gen.Select(Lengths, Gen.Int, Gen.Int[1, 200_000]).SampleAsync(async (length, seed, piece) =>
        {
            var content = Bytes(length, seed);
            using var made = await Sealed.MakeAsync(content);
            Assert.Equal(made.Layout.SealedLength, made.Ciphertext.Length);
            Assert.Equal(content, await made.OpenAsync(0, length, piece: piece));
        }, iter: 60, threads: 1);

    [Fact]
    public async Task Hash_and_outboard_are_those_of_the_ciphertext() =>
        await Gen.Select(Lengths, Gen.Int).SampleAsync(async (length, seed) =>
        {
            using var made = await Sealed.MakeAsync(Bytes(length, seed));
            Assert.Equal(OutboardBuilder.Compute(made.Ciphertext, out var hash), made.Outboard);
            Assert.Equal(hash, made.Hash);
        }, iter: 40, threads: 1);

    [Fact]
    public async Task Every_range_opens_from_its_own_segments_alone() =>
        await Gen.Select(Lengths, Gen.Int, Gen.Double[0, 1.1], Gen.Double[0, 1.1]).SampleAsync(async (length, seed, from, to) =>
        {
            var content = Bytes(length, seed);
            using var made = await Sealed.MakeAsync(content);
            var (a, b) = ((long)(length * Math.Min(from, to)), (long)(length * Math.Max(from, to)));
            var expected = a >= length ? [] : content.AsSpan((int)a, (int)(Math.Min(b, length) - a)).ToArray();

            // Everything outside of the segments in question is gone.
            var (first, end) = made.Layout.SegmentsOf(a, b - a);
            var (start, count) = made.Layout.BytesOf(first, end);
            var only = new byte[made.Ciphertext.Length];
            made.Ciphertext.AsSpan((int)start, (int)count).CopyTo(only.AsSpan((int)start));
            Assert.Equal(expected, await made.OpenAsync(a, b - a, only));
            Assert.True(count <= expected.Length + (2 * SealedLayout.SegmentSize) + (b >= length ? made.Layout.SealedLength - length : made.Layout.SegmentCount * SealedLayout.TagSize));
        }, iter: 60, threads: 1);

    [Fact]
    public async Task Every_single_changed_bit_is_refused() =>
        await Gen.Select(Lengths, Gen.Int, Gen.Double[0, 1]).SampleAsync(async (length, seed, where) =>
        {
            using var made = await Sealed.MakeAsync(Bytes(length, seed));
            var bit = (long)(where * ((made.Ciphertext.Length * 8L) - 1));
            made.Ciphertext[bit / 8] ^= (byte)(1 << (int)(bit % 8));
            await Assert.ThrowsAsync<ContentException>(() => made.OpenAsync(0, length));
            Assert.NotEqual(made.Hash, Blake3.Hash(made.Ciphertext));
        }, iter: 60, threads: 1);

    [Fact]
    public async Task Every_bit_of_a_small_object_counts()
    {
        using var made = await Sealed.MakeAsync(Bytes(9, 1));
        for (var bit = 0; bit < made.Ciphertext.Length * 8; bit++)
        {
            var changed = (byte[])made.Ciphertext.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            await Assert.ThrowsAsync<ContentException>(() => made.OpenAsync(0, 9, changed));
        }
    }

    [Fact]
    public async Task Nothing_is_handed_out_of_a_changed_segment()
    {
        using var made = await Sealed.MakeAsync(Bytes(2 * Text, 1));
        made.Ciphertext[SealedLayout.SegmentSize + 5] ^= 1;
        using var cipher = new SegmentCipher(made.Keys, made.Id, made.Layout);
        using var reader = new SegmentReader(cipher, 0, 2 * Text);
        using var plain = new MemoryStream();
        await Assert.ThrowsAsync<ContentException>(async () => await reader.AddAsync(made.Ciphertext, plain, CancellationToken.None));
        Assert.Equal(Text, plain.Length);
    }

    [Fact]
    public async Task Segments_in_another_order_are_refused()
    {
        using var made = await Sealed.MakeAsync(Bytes(4 * Text, 2));
        var swapped = (byte[])made.Ciphertext.Clone();
        made.Ciphertext.AsSpan(0, SealedLayout.SegmentSize).CopyTo(swapped.AsSpan(SealedLayout.SegmentSize));
        made.Ciphertext.AsSpan(SealedLayout.SegmentSize, SealedLayout.SegmentSize).CopyTo(swapped);
        await Assert.ThrowsAsync<ContentException>(() => made.OpenAsync(0, 4 * Text, swapped));
    }

    // The key and the content id are right, and the hash was made over what is there: only the seal itself can tell.
    [Theory]
    [InlineData(3 * Text, 2 * Text)]
    [InlineData(3 * Text, 4 * Text)]
    [InlineData(100, 99)]
    [InlineData(100, 0)]
    [InlineData(100, 101)]
    [InlineData(0, 1)]
    public async Task Another_length_than_the_sealed_one_is_refused(int length, int claimed)
    {
        using var made = await Sealed.MakeAsync(Bytes(length, 3));
        var layout = new SealedLayout(claimed);
        using var cipher = new SegmentCipher(made.Keys, made.Id, layout);
        var text = new byte[Text];
        for (var i = 0L; i < Math.Min(layout.SegmentCount, made.Layout.SegmentCount); i++)
        {
            var (start, _) = made.Layout.BytesOf(i, i + 1);
            var size = Math.Min(layout.TextSizeOf(i) + SealedLayout.TagSize, made.Ciphertext.Length - (int)start);
            Assert.False(cipher.TryOpen(i, made.Ciphertext.AsSpan((int)start, size), text));
        }
    }

    [Fact]
    public async Task Last_segment_is_marked_so_that_a_cut_at_a_segments_end_shows()
    {
        using var made = await Sealed.MakeAsync(Bytes(3 * Text, 4));
        using var cipher = new SegmentCipher(made.Keys, made.Id, made.Layout);
        var text = new byte[Text];

        // A layout of other length has another last segment; the same bytes under the same length and index differ by the mark alone.
        var first = made.Ciphertext.AsSpan(0, SealedLayout.SegmentSize);
        Assert.True(cipher.TryOpen(0, first, text));
        Assert.False(cipher.TryOpen(1, first, text));
        Assert.All(text, b => Assert.Equal(0, b));
        Assert.False(cipher.TryOpen(made.Layout.SegmentCount, first, text));
        Assert.False(cipher.TryOpen(-1, first, text));
    }

    [Fact]
    public async Task Segments_of_another_content_another_group_or_epoch_are_refused()
    {
        var content = Bytes(1000, 5);
        using var one = await Sealed.MakeAsync(content);
        using var two = await Sealed.MakeAsync(content);
        await Assert.ThrowsAsync<ContentException>(() => one.OpenAsync(0, 1000, two.Ciphertext));

        using var secret = GroupSecret.Random();
        using var otherGroup = new ZeroK.Client.Keys.KeyRing(secret, 1);
        using var otherEpoch = Sealed.FixedKeys(2);
        foreach (var keys in new[] { otherGroup, otherEpoch })
        {
            using var cipher = new SegmentCipher(keys, one.Id, one.Layout);
            Assert.False(cipher.TryOpen(0, one.Ciphertext, new byte[Text]));
        }
    }

    [Fact]
    public async Task One_content_sealed_twice_gives_two_ciphertexts_and_addresses()
    {
        var content = Bytes(100_000, 6);
        using var one = await Sealed.MakeAsync(content);
        using var two = await Sealed.MakeAsync(content);
        Assert.NotEqual(one.Hash, two.Hash);
        Assert.NotEqual(one.Ciphertext, two.Ciphertext);
        Assert.Equal(await one.OpenAsync(0, content.Length), await two.OpenAsync(0, content.Length));
    }

    [Theory]
    [InlineData(1000, 999)]
    [InlineData(1000, 1001)]
    [InlineData(0, 1)]
    [InlineData(20 * Text, (20 * Text) - 1)]
    [InlineData(20 * Text, (20 * Text) + 1)]
    public async Task Source_of_another_length_than_announced_is_refused(int announced, int real)
    {
        using var keys = Sealed.FixedKeys();
        using var cipher = new SegmentCipher(keys, ContentId.New(), new SealedLayout(announced));
        using var stage = new MemoryStagedObject();
        using var source = new MemoryStream(Bytes(real, 7));
        await Assert.ThrowsAsync<ContentException>(() => ContentSealer.SealAsync(cipher, source, stage, null, CancellationToken.None));
    }

    [Fact]
    public async Task Full_disk_while_sealing_is_told_as_it_is()
    {
        using var keys = Sealed.FixedKeys();
        using var cipher = new SegmentCipher(keys, ContentId.New(), new SealedLayout(40 * Text));
        using var source = new MemoryStream(Bytes(40 * Text, 8));
        var error = await Assert.ThrowsAsync<IOException>(() => ContentSealer.SealAsync(cipher, source, new FullStage(), null, CancellationToken.None));
        Assert.Equal("full", error.Message);
    }

    [Fact]
    public void Layout_keeps_lengths_padded_and_segments_on_group_bounds()
    {
        Gen.Long[0, SealedLayout.LengthMax].Sample(length =>
        {
            var layout = new SealedLayout(length);
            Assert.True(layout.PaddedLength >= length && layout.PaddedLength <= length + (length / 8));
            Assert.Equal(layout.SealedLength, layout.BytesOf(0, layout.SegmentCount).Length);
            Assert.Equal(0, SealedLayout.SegmentSize % layout.Tree.GroupSize);
            Assert.Equal(layout.PaddedLength - ((layout.SegmentCount - 1) * Text), layout.TextSizeOf(layout.SegmentCount - 1));
        });
    }

    // In devices' and relays' stores: these bytes must open for ever.
    [Theory]
    [InlineData(0, "78bb1849544d6db6a8ef5464dea05f47")]
    [InlineData(5, "3b197fa582998b6d591c454d959ca605c5ab2fbf07")]
    public async Task Golden_object_is_still_made(int length, string expected)
    {
        using var made = await Sealed.MakeAsync([.. "golden"u8[..length]], Sealed.FixedId);
        Assert.Equal(expected, Convert.ToHexStringLower(made.Ciphertext));
    }

    [Fact]
    public async Task Golden_large_object_keeps_its_address()
    {
        var content = new byte[200_000];
        for (var i = 0; i < content.Length; i++) content[i] = (byte)(i % 251);
        using var made = await Sealed.MakeAsync(content, Sealed.FixedId);
        Assert.Equal("b89f21d5acb8260a97b07cf6510f85a26969e3a71f8217c563c5a8e51a002ae3", made.Hash.ToHex());
    }

    private sealed class FullStage : IStagedObject
    {
        public void WriteContent(long offset, ReadOnlySpan<byte> bytes)
        {
            if (offset > 0) throw new IOException("full");
        }

        public int ReadContent(long offset, Span<byte> destination) => 0;

        public void WriteOutboard(long offset, ReadOnlySpan<byte> parents)
        {
        }

        public int ReadOutboard(long offset, Span<byte> destination) => 0;

        public void Dispose()
        {
        }
    }
}
