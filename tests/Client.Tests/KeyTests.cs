using NSec.Cryptography;
using Xunit;
using ZeroK.Client.Keys;

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

    // RFC 5869, A.1, through the library that production derives with.
    [Fact]
    public void HKDF_of_RFC_5869()
    {
        using var secret = SharedSecret.Import(Enumerable.Repeat((byte)0x0b, 22).ToArray(), SharedSecretBlobFormat.RawSharedSecret);
        var okm = KeyDerivationAlgorithm.HkdfSha256.DeriveBytes(secret, Convert.FromHexString("000102030405060708090a0b0c"), Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9"), 42);
        Assert.Equal("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", Convert.ToHexStringLower(okm));
    }

    // The same passphrase, salt and parameters give the same group on every machine. RFC 9106's own vector uses a secret and associated data,
    // which no caller of this library has; BouncyCastle's Argon2id is the independent implementation to agree with.
    [Fact]
    public void Argon2id_agrees_with_an_independent_implementation()
    {
        var source = new PassphraseSource(Enumerable.Range(0, 16).Select(i => (byte)i).ToArray(), new Argon2idParameters(19 * 1024, 2));
        using var secret = GroupSecret.Derive("correct horse battery", source);
        var derived = new byte[32];
        secret.Export(derived);

        var other = new Org.BouncyCastle.Crypto.Generators.Argon2BytesGenerator();
        other.Init(new Org.BouncyCastle.Crypto.Parameters.Argon2Parameters.Builder(Org.BouncyCastle.Crypto.Parameters.Argon2Parameters.Argon2id)
            .WithVersion(Org.BouncyCastle.Crypto.Parameters.Argon2Parameters.Version13)
            .WithSalt(source.Salt.ToArray()).WithMemoryAsKB(19 * 1024).WithIterations(2).WithParallelism(1).Build());
        var expected = new byte[32];
        other.GenerateBytes("correct horse battery"u8.ToArray(), expected);
        Assert.Equal(expected, derived);
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

    private static ZeroK.Wire.GroupId GroupOf(GroupSecret secret)
    {
        using var keys = new KeyRing(secret, 1);
        return keys.GroupOfFirstKey();
    }
}
