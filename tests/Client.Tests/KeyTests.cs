using NSec.Cryptography;
using Xunit;
using ZeroK.Client.Keys;
using ZeroK.Tests.Shared;
using Argon2Settings = Org.BouncyCastle.Crypto.Parameters.Argon2Parameters;

namespace ZeroK.Client.Tests;

public sealed class KeyTests
{
    private static GroupSecret Secret() => GroupSecret.Import(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), source: null);

    // Bytes of this table are in devices' files and in relays: they can't change.
    [Theory]
    [InlineData("admission", 1u)]
    [InlineData("blob", 1u)]
    [InlineData("blob", 2u)]
    [InlineData("device name", 1u)]
    [InlineData("content", 1u)]
    public void Label_table_derives_what_HKDF_says(string label, uint epoch)
    {
        using var secret = Secret();
        var derived = new byte[32];
        var bytes = System.Text.Encoding.ASCII.GetBytes("0ksync/1 " + label);
        KeyRing.DeriveBytes(secret, LabelOf(label), epoch, derived);
        byte[] info = [.. bytes, 0, 0, 0, (byte)epoch];
        var expected = System.Security.Cryptography.HKDF.DeriveKey(System.Security.Cryptography.HashAlgorithmName.SHA256, Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 32, [], info);
        Assert.Equal(expected, derived);
    }

    [Fact]
    public void Golden_group_keeps_its_id_and_admission_key()
    {
        using var secret = Secret();
        using var keys = new KeyRing(secret, 1);
        Assert.Equal("2c4d1b9a25f9ab3c2d6fc5a7db6b8881d938c2b6cb802cac9773bba5b24b57e0", Convert.ToHexStringLower(keys.AdmissionKey.Span));
        Assert.Equal("5abfc4c1b02bd68826dd248bf2cc072927a1cd9e2cba43234e14a6425756b974", keys.GroupOfFirstKey().Reveal());
    }

    [Fact]
    public void Each_epoch_has_other_keys()
    {
        using var secret = Secret();
        using var first = new KeyRing(secret, 1);
        using var second = new KeyRing(secret, 2);
        Assert.NotEqual(first.AdmissionKey.ToArray(), second.AdmissionKey.ToArray());
        Assert.NotEqual(first.Blob.Export(KeyBlobFormat.RawSymmetricKey), second.Blob.Export(KeyBlobFormat.RawSymmetricKey));
    }

    [Fact]
    public void Hello_is_signed_over_the_handshake_the_group_and_the_device()
    {
        using var secret = Secret();
        using var keys = new KeyRing(secret, 1);
        var (hash, group, device) = (new byte[32], keys.GroupOfFirstKey(), Fakes.Rig.Id(5));
        var signature = keys.SignHello(hash, group, device);
        var key = NSec.Cryptography.PublicKey.Import(SignatureAlgorithm.Ed25519, keys.AdmissionKey.Span, KeyBlobFormat.RawPublicKey);
        byte[] text = [.. "0ksync/1 hello"u8, .. hash, .. group.ToArray(), .. device.ToArray()];
        Assert.True(SignatureAlgorithm.Ed25519.Verify(key, text, signature));
        text[14] ^= 1;
        Assert.False(SignatureAlgorithm.Ed25519.Verify(key, text, signature));
    }

    // RFC 5869, A.1.
    [Fact]
    public void HKDF_of_RFC_5869()
    {
        using var secret = SharedSecret.Import(Enumerable.Repeat((byte)0x0b, 22).ToArray(), SharedSecretBlobFormat.RawSharedSecret);
        var okm = new byte[42];
        Hkdf.Derive(secret, Convert.FromHexString("000102030405060708090a0b0c"), Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9"), okm);
        Assert.Equal("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", Convert.ToHexStringLower(okm));
    }

    [Fact]
    public void HKDF_SHA_256_of_Wycheproof() => Vectors.RunAll("wycheproof_hkdf_sha256_test.json", (_, test) =>
    {
        using var secret = SharedSecret.Import(Vectors.Hex(test, "ikm"), SharedSecretBlobFormat.RawSharedSecret);
        var okm = new byte[test.GetProperty("size").GetInt32()];
        var thrown = Record.Exception(() => Hkdf.Derive(secret, Vectors.Hex(test, "salt"), Vectors.Hex(test, "info"), okm));
        return Vectors.Result(test) == "invalid" ? thrown is ArgumentException : thrown is null && okm.SequenceEqual(Vectors.Hex(test, "okm"));
    });

    // libsodium's published answers (test/default/pwhash_argon2id, cases 1 and 6), which use the salt of 16 bytes that this library takes. Memory in bytes / 1,024.
    [Theory]
    [InlineData(
        "e125cee61c8cb7778d9e5ad0a6f5d978ce9f84de213a8556d9ffe202020ab4a6ed9074a4eb3416f9b168f137510f3a30b70b96cbfa219ff99f6c6eaffb15c06b60e00cc2890277f0fd3c622115772f7048adaebed86e",
        "f1192dd5dc2368b9cd421338b2243345",
        4,
        7849083,
        "26bab5f101560e48c711da4f05e81f5a3802b7a93d5155b9cab153069cc42b8e9f910bfead747652a0708d70e4de0bada37218bd203a1201c36b42f9a269b675b1f30cfc36f35a3030e9c7f57dfba0d341a974c1886f708c3e8297efbfe411bb9d51375264bd7c70d57a8a56fc9de2c1c97c08776803ec2cd0140bba8e61dc0f4ad3d3d1a89b4b710af81bfe35a0eea193e18a6da0f5ec05542c9eefc4584458e1da715611ba09617384748bd43b9bf1f3a6df4ecd091d0875e08d6e2fd8a5c7ce08904b5160cd38167b76ec76ef2d310049055a564da23d4ebd2b87e421cc33c401e12d5cd8d936c9baf75ebdfb557d342d2858fc781da31860")]
    [InlineData(
        "b540beb016a5366524d4605156493f9874514a5aa58818cd0c6dfffaa9e90205f17b",
        "44071f6d181561670bda728d43fb79b4",
        1,
        1631659,
        "7fb72409b0987f8190c3729710e98c3f80c5a8727d425fdcde7f3644d467fe973f5b5fee683bd3fce812cb9ae5e9921a2d06c2f1905e4e839692f2b934b682f11a2fe2b90482ea5dd234863516dba6f52dc0702d324ec77d860c2e181f84472bd7104fedce071ffa93c5309494ad51623d214447a7b2b1462dc7d5d55a1f6fd5b54ce024118d86f0c6489d16545aaa87b6689dad9f2fb47fda9894f8e12b87d978b483ccd4cc5fd9595cdc7a818452f915ce2f7df95ec12b1c72e3788d473441d884f9748eb14703c21b45d82fd667b85f5b2d98c13303b3fe76285531a826b6fc0fe8e3dddecf")]
    public void Argon2id_gives_the_published_answers(string password, string salt, uint passes, uint memoryBytes, string expected)
    {
        var derived = new byte[expected.Length / 2];
        PassphraseKdf.Derive(Convert.FromHexString(password), Convert.FromHexString(salt), memoryBytes / 1024, passes, derived);
        Assert.Equal(expected, Convert.ToHexStringLower(derived));
    }

    // RFC 9106, 5.3: its secret, associated data and four lanes are nothing that a group has, so it holds the implementation that the next test compares with.
    [Fact]
    public void The_independent_Argon2id_gives_the_answer_of_RFC_9106()
    {
        var parameters = new Argon2Settings.Builder(Argon2Settings.Argon2id).WithVersion(Argon2Settings.Version13)
            .WithSalt(Enumerable.Repeat((byte)2, 16).ToArray()).WithSecret(Enumerable.Repeat((byte)3, 8).ToArray()).WithAdditional(Enumerable.Repeat((byte)4, 12).ToArray())
            .WithMemoryAsKB(32).WithIterations(3).WithParallelism(4).Build();
        Assert.Equal("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659", Convert.ToHexStringLower(Independent(parameters, Enumerable.Repeat((byte)1, 32).ToArray())));
    }

    // The same passphrase, salt and parameters give the same group on every machine.
    [Theory]
    [InlineData(19 * 1024, 2)]
    [InlineData(20 * 1024 + 1, 3)]
    [InlineData(64 * 1024, 3)]
    public void A_passphrase_gives_the_secret_of_an_independent_Argon2id(int memoryKiB, int passes)
    {
        var source = new PassphraseSource(Enumerable.Range(0, 16).Select(i => (byte)i).ToArray(), new Argon2idParameters((uint)memoryKiB, (uint)passes));
        using var secret = GroupSecret.Derive("correct horse bättery", source);
        var derived = new byte[32];
        secret.Export(derived);
        var parameters = new Argon2Settings.Builder(Argon2Settings.Argon2id).WithVersion(Argon2Settings.Version13).WithSalt(source.Salt.ToArray()).WithMemoryAsKB(memoryKiB).WithIterations(passes).WithParallelism(1).Build();
        Assert.Equal(Independent(parameters, "correct horse bättery"u8.ToArray()), derived);
    }

    [Fact]
    public void Argon2_parameters_come_from_the_group_and_never_from_this_machine()
    {
        using var mine = GroupSecret.FromPassphrase("a passphrase of some words", new Argon2idParameters(20 * 1024, 2));
        Assert.Equal(new Argon2idParameters(20 * 1024, 2), mine.Source!.Parameters);
        using var again = GroupSecret.Derive("a passphrase of some words", mine.Source);
        using var other = GroupSecret.Derive("a passphrase of some words", mine.Source with { Parameters = new Argon2idParameters(21 * 1024, 2) });
        Assert.Equal(GroupOf(mine), GroupOf(again));
        Assert.NotEqual(GroupOf(mine), GroupOf(other));
        Assert.Equal(new Argon2idParameters(64 * 1024, 3), Argon2idParameters.Default);
    }

    [Theory]
    [InlineData(19 * 1024 - 1, 2)]
    [InlineData(19 * 1024, 1)]
    [InlineData(2 * 1024 * 1024, 3)]
    public void Parameters_below_the_floor_or_absurd_are_refused(uint memory, uint passes) =>
        Assert.Throws<ArgumentException>(() => GroupSecret.FromPassphrase("a passphrase of some words", new Argon2idParameters(memory, passes)));

    [Fact]
    public void Short_passphrase_is_refused_and_secrets_do_not_show()
    {
        Assert.Throws<ArgumentException>(() => GroupSecret.FromPassphrase("1234567"));
        using var secret = GroupSecret.Random();
        Assert.Equal("[group secret]", $"{secret}");
    }

    private static ReadOnlySpan<byte> LabelOf(string name) => name switch
    {
        "admission" => KeyLabels.Admission,
        "blob" => KeyLabels.Blob,
        "device name" => KeyLabels.DeviceName,
        _ => KeyLabels.Content,
    };

    private static byte[] Independent(Argon2Settings parameters, byte[] password)
    {
        var generator = new Org.BouncyCastle.Crypto.Generators.Argon2BytesGenerator();
        generator.Init(parameters);
        var derived = new byte[32];
        generator.GenerateBytes(password, derived);
        return derived;
    }

    private static ZeroK.Wire.GroupId GroupOf(GroupSecret secret)
    {
        using var keys = new KeyRing(secret, 1);
        return keys.GroupOfFirstKey();
    }
}
