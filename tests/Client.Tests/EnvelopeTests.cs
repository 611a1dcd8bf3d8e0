using CsCheck;
using NSec.Cryptography;
using Xunit;
using ZeroK.Client.Envelopes;
using ZeroK.Client.Keys;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Tests.Shared;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class EnvelopeTests : IDisposable
{
    private static readonly DeviceId Sender = new(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly BlobId Blob = new(Enumerable.Range(0, 16).Select(i => (byte)i).ToArray());
    private static readonly GroupId Group = new(Enumerable.Repeat((byte)9, 32).ToArray());
    private readonly GroupSecret _secret = GroupSecret.Import(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), source: null);
    private readonly KeyRing _keys;

    public EnvelopeTests() => _keys = new KeyRing(_secret, 1);

    public void Dispose()
    {
        _keys.Dispose();
        _secret.Dispose();
    }

    public static TheoryData<int> Sizes => [0, 1, 2, 15, 16, 17, 100, 1023, 4096, 16_000, 16_297, 16_384, 20_000, 65_536, 300_001, WireLimits.PayloadBytesMax];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void What_is_sealed_opens_again(int size)
    {
        var payload = new byte[size];
        new Random(size).NextBytes(payload);
        var envelope = Envelope.Seal(_keys, Group, Blob, Header("ä label"), payload);
        Assert.Equal(Envelope.SizeOf(8, size), envelope.Length);
        Assert.True(envelope.Length <= WireLimits.EnvelopeBytesMax);
        Assert.Equal(UndecryptableReason.None, Envelope.TryOpen(_keys, Group, Sender, Blob, envelope, out var opened));
        Assert.Equal(payload, opened.Payload.ToArray());
        Assert.Equal(("ä label", 3UL, 1234UL, Sender), (opened.Header.Label, opened.Header.Sequence, opened.Header.SentAtMs, opened.Header.Sender));
        Assert.Equal(Header(null).Previous.ToArray(), opened.Header.Previous.ToArray());
    }

    [Fact]
    public void Any_size_up_to_a_page_opens_again() =>
        Gen.Byte.Array[0, 20_000].Sample(
            payload => Envelope.TryOpen(_keys, Group, Sender, Blob, Envelope.Seal(_keys, Group, Blob, Header(null), payload), out var opened) == UndecryptableReason.None
                && opened.Payload.Span.SequenceEqual(payload),
            iter: 300, seed: "0000KOIPe036", threads: 1);

    [Fact]
    public void Any_changed_bit_is_refused_and_nothing_comes_out()
    {
        foreach (var size in new[] { 40, 17_000 })
        {
            var envelope = Envelope.Seal(_keys, Group, Blob, Header(null), new byte[size]);
            Gen.Int[0, (envelope.Length * 8) - 1].Sample(
                bit =>
                {
                    var changed = (byte[])envelope.Clone();
                    changed[bit / 8] ^= (byte)(1 << (bit % 8));
                    return Envelope.TryOpen(_keys, Group, Sender, Blob, changed, out var opened) != UndecryptableReason.None && opened.Payload.IsEmpty;
                },
                iter: 2000, seed: "0000KOIPe036", threads: 1);
        }
    }

    [Fact]
    public void Every_bit_of_a_small_envelope_counts()
    {
        var envelope = Envelope.Seal(_keys, Group, Blob, Header(null), "x"u8);
        for (var bit = 0; bit < envelope.Length * 8; bit++)
        {
            var changed = (byte[])envelope.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(UndecryptableReason.None, Envelope.TryOpen(_keys, Group, Sender, Blob, changed, out _));
        }
    }

    [Fact]
    public void Another_group_sender_blob_or_key_does_not_open_it()
    {
        var envelope = Envelope.Seal(_keys, Group, Blob, Header(null), "x"u8);
        using var otherSecret = GroupSecret.Random();
        using var otherKeys = new KeyRing(otherSecret, 1);
        using var otherEpoch = new KeyRing(_secret, 2);
        Assert.Equal(UndecryptableReason.WrongKeyOrTampered, Envelope.TryOpen(_keys, new GroupId(new byte[32]), Sender, Blob, envelope, out _));
        Assert.Equal(UndecryptableReason.WrongKeyOrTampered, Envelope.TryOpen(_keys, Group, Rig.Id(2), Blob, envelope, out _));
        Assert.Equal(UndecryptableReason.WrongKeyOrTampered, Envelope.TryOpen(_keys, Group, Sender, new BlobId(new byte[16]), envelope, out _));
        Assert.Equal(UndecryptableReason.WrongKeyOrTampered, Envelope.TryOpen(otherKeys, Group, Sender, Blob, envelope, out _));
        Assert.Equal(UndecryptableReason.UnknownKeyEpoch, Envelope.TryOpen(otherEpoch, Group, Sender, Blob, envelope, out _));
        envelope[0] = 2;
        Assert.Equal(UndecryptableReason.UnknownVersion, Envelope.TryOpen(_keys, Group, Sender, Blob, envelope, out _));
    }

    [Fact]
    public void Any_bytes_are_refused_without_an_exception() =>
        Gen.Byte.Array[0, 400].Sample(bytes => Envelope.TryOpen(_keys, Group, Sender, Blob, bytes, out _) != UndecryptableReason.None, iter: 2000, seed: "0000KOIPe036", threads: 1);

    [Fact]
    public void Golden_envelope_still_opens_and_is_still_made()
    {
        var nonce = Enumerable.Range(100, 24).Select(i => (byte)i).ToArray();
        var envelope = Envelope.Seal(_keys, Group, Blob, Header("a/b"), "golden"u8, nonce);
        Assert.Equal("01000000016465666768696a6b6c6d6e6f707172737475767778797a7bf8a917d25953b1e8b1b5b5c24ac5096657e8992704ea80cae295fa7667bafec788ef5e9b4f5a640d21a60bbb3d80c77b67ce47f34ffc752e6ab77a49de85f71f9994f35f19ce5aa1945b2b7ef21794369eac2657ac3dacf903d69067400ea412dff25aa7a11eeea7bdb27f118996c221", Convert.ToHexStringLower(envelope));
        Assert.Contains("`" + Convert.ToHexStringLower(envelope) + "`", Vectors.Document("PROTOCOL.md"), StringComparison.Ordinal);
    }

    // Table 1 and figure 2 of the PURBs paper: the length keeps floor(log2(floor(log2 L))) + 1 significant bits after the first.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(8, 8)]
    [InlineData(9, 10)]
    [InlineData(100, 104)]
    [InlineData(1000, 1024)]
    [InlineData(1025, 1088)]
    [InlineData(1_048_577, 1_081_344)]
    public void Padding_is_PADME(int length, int padded) => Assert.Equal(padded, Padme.PaddedLength(length));

    // draft-irtf-cfrg-xchacha-03, 2.2.1.
    [Fact]
    public void HChaCha20_of_the_draft()
    {
        var subkey = new byte[32];
        HChaCha20.Derive(Convert.FromHexString("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), Convert.FromHexString("000000090000004a0000000031415927"), subkey);
        Assert.Equal("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc", Convert.ToHexStringLower(subkey));
    }

    // draft-irtf-cfrg-xchacha-03, A.3.1, through both implementations.
    [Fact]
    public void XChaCha20_Poly1305_of_the_draft()
    {
        using var key = Key.Import(AeadAlgorithm.XChaCha20Poly1305, Enumerable.Range(0x80, 32).Select(i => (byte)i).ToArray(), KeyBlobFormat.RawSymmetricKey, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        byte[] nonce = [.. Enumerable.Range(0x40, XChaCha20.NonceSize).Select(i => (byte)i)];
        var associated = Convert.FromHexString("50515253c0c1c2c3c4c5c6c7");
        var text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."u8.ToArray();
        var (small, large, opened) = (new byte[text.Length + XChaCha20.TagSize], new byte[text.Length + XChaCha20.TagSize], new byte[text.Length]);
        XChaCha20.Seal(key, nonce, associated, text, small);
        XChaCha20.SealLarge(key, nonce, associated, text, large);
        Assert.Equal(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"
            + "c0875924c1c7987947deafd8780acf49",
            Convert.ToHexStringLower(small));
        Assert.Equal(small, large);
        Assert.True(XChaCha20.TryOpen(key, nonce, associated, small, opened));
        Assert.Equal(text, opened);
    }

    [Fact]
    public void Nonces_of_ten_thousand_blobs_are_all_different()
    {
        var nonces = new HashSet<string>();
        for (var i = 0; i < 10_000; i++)
            Assert.True(nonces.Add(Convert.ToHexString(Envelope.Seal(_keys, Group, Blob, Header(null), default).AsSpan(5, XChaCha20.NonceSize))));
    }

    // They are drawn for many blobs at once, for each thread apart.
    [Fact]
    public void Nonces_of_several_threads_are_all_different_and_none_is_zero()
    {
        var nonces = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                var nonce = new byte[XChaCha20.NonceSize];
                Nonces.Next(nonce);
                nonces.TryAdd(Convert.ToHexString(nonce), true);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Equal(4_000, nonces.Count);
        Assert.DoesNotContain(new string('0', 2 * XChaCha20.NonceSize), nonces.Keys);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(100_000)]
    public void Both_implementations_give_the_same_bytes(int size)
    {
        var (nonce, text) = (new byte[24], new byte[size]);
        new Random(1).NextBytes(nonce);
        new Random(2).NextBytes(text);
        var large = new byte[size + 16];
        XChaCha20.SealLarge(_keys.Blob, nonce, "ad"u8, text, large);
        Assert.Equal(AeadAlgorithm.XChaCha20Poly1305.Encrypt(_keys.Blob, nonce, "ad"u8, text), large);
        var opened = new byte[size];
        Assert.True(XChaCha20.TryOpenLarge(_keys.Blob, nonce, "ad"u8, large, opened));
        Assert.Equal(text, opened);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wycheproof_XChaCha20_Poly1305(bool asLarge)
    {
        Vectors.RunAll("wycheproof_xchacha20_poly1305_test.json", (_, test) =>
        {
            var (key, nonce, associated, text) = (Vectors.Hex(test, "key"), Vectors.Hex(test, "iv"), Vectors.Hex(test, "aad"), Vectors.Hex(test, "msg"));
            byte[] sealedText = [.. Vectors.Hex(test, "ct"), .. Vectors.Hex(test, "tag")];
            var isValid = Vectors.Result(test) == "valid";
            if (nonce.Length != XChaCha20.NonceSize || key.Length != 32) return !isValid;

            using var handle = Key.Import(AeadAlgorithm.XChaCha20Poly1305, key, KeyBlobFormat.RawSymmetricKey, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
            var opened = Enumerable.Repeat((byte)0xAA, sealedText.Length - XChaCha20.TagSize).ToArray();
            var isOpen = asLarge ? XChaCha20.TryOpenLarge(handle, nonce, associated, sealedText, opened) : XChaCha20.TryOpen(handle, nonce, associated, sealedText, opened);
            if (!isOpen) return !isValid && opened.All(b => b == 0);
            var again = new byte[sealedText.Length];
            if (asLarge) XChaCha20.SealLarge(handle, nonce, associated, text, again);
            else XChaCha20.Seal(handle, nonce, associated, text, again);
            return isValid && opened.SequenceEqual(text) && again.SequenceEqual(sealedText);
        });
    }

    [Fact]
    public void Device_name_opens_for_its_device_alone()
    {
        var bytes = SealedName.Seal(_keys, Group, Sender, new string('ä', 256));
        Assert.True(bytes.Length <= WireLimits.SealedNameBytesMax);
        Assert.Equal(new string('ä', 256), SealedName.Open(_keys, Group, Sender, bytes));
        Assert.Null(SealedName.Open(_keys, Group, Rig.Id(2), bytes));
        Assert.Null(SealedName.Open(_keys, Group, Sender, default));
        Assert.Equal(SealedName.Seal(_keys, Group, Sender, "a").Length, SealedName.Seal(_keys, Group, Sender, "a longer name").Length);
    }

    private static EnvelopeHeader Header(string? label) => new(Sender, 3, Enumerable.Repeat((byte)7, 32).ToArray(), 1234, label);
}
