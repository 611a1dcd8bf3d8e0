using CsCheck;
using Xunit;
using ZeroK.Client;
using ZeroK.Client.Content;

namespace ZeroK.Content.Tests.Client;

/// <summary>References, manifests and records as bytes.</summary>
public sealed class ReferenceTests
{
    private static ContentReference Sample(string? name = "a/b", ContentReference? preview = null) => new()
    {
        Id = Sealed.FixedId,
        Epoch = 1,
        Length = 123_456,
        Hash = Blake3.Hash("x"u8),
        Name = name,
        MediaType = "image/png",
        Preview = preview,
    };

    [Fact]
    public void Reference_reads_back_with_and_without_preview()
    {
        foreach (var reference in new[] { Sample(), Sample(null), Sample("ü", Sample(null)), Sample() with { Kind = ContentKind.Collection } })
        {
            Assert.True(ContentReference.TryRead(reference.ToBytes(), out var read));
            Assert.Equal(reference, read);
        }
    }

    [Fact]
    public void Golden_reference_still_reads_and_is_still_made() =>
        Assert.Equal("306b73796e632f3120636f6e74656e74207265666572656e6365010001000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00000001000000000001e2403ae7d805f6789a6402acb70ad4096a85a56bf6804eaf25c0493ac697548d30b50003612f6209696d6167652f706e67010000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00000001000000000001e2403ae7d805f6789a6402acb70ad4096a85a56bf6804eaf25c0493ac697548d30b5000009696d6167652f706e67", Convert.ToHexStringLower(Sample(preview: Sample(null)).ToBytes()));

    [Fact]
    public void Any_bytes_are_refused_without_an_exception()
    {
        var good = Sample(preview: Sample(null)).ToBytes();
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length + 5]).Sample((at, value, length) =>
        {
            var bytes = new byte[length];
            good.AsSpan(0, Math.Min(length, good.Length)).CopyTo(bytes);
            if (at < length) bytes[at] = value;
            if (ContentReference.TryRead(bytes, out var read)) Assert.Equal(bytes, read.ToBytes());
        });
        Gen.Byte.Array[0, 200].Sample(bytes => !ContentReference.TryRead(bytes, out _) && !Manifest.TryRead(bytes, out _) && !TransferRecord.TryRead(bytes, out _));
    }

    [Fact]
    public void Manifest_and_record_read_back_and_refuse_what_is_cut()
    {
        var members = Enumerable.Range(0, 5).Select(i => Sample($"m{i}", i == 2 ? Sample(null) : null)).ToList();
        var manifest = Manifest.Write(members);
        Assert.True(Manifest.TryRead(manifest, out var read));
        Assert.Equal(members, read);
        var record = new TransferRecord { Kind = TransferKind.Put, Reference = Sample(), Objects = members, PushedAfter = 7 };
        var bytes = record.ToBytes();
        Assert.True(TransferRecord.TryRead(bytes, out var again));
        Assert.Equal((record.Kind, record.Reference, record.PushedAfter), (again.Kind, again.Reference, again.PushedAfter));
        Assert.Equal(record.Objects, again.Objects);
        for (var length = 0; length < bytes.Length; length++) Assert.False(TransferRecord.TryRead(bytes.AsSpan(0, length), out _));
        for (var length = 0; length < manifest.Length; length++) Assert.False(Manifest.TryRead(manifest.AsSpan(0, length), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("text plain")]
    [InlineData("ü")]
    public void Media_type_is_plain_ASCII(string mediaType) => Assert.Throws<ArgumentException>(() => ContentReference.Check(null, mediaType));

    [Fact]
    public void Nothing_of_a_reference_shows_in_its_text()
    {
        Assert.Equal("[content reference]", Sample().ToString());
        Assert.Equal("[content]", Sealed.FixedId.ToString());
    }
}
