using System.Security.Cryptography;
using NSec.Cryptography;
using Xunit;
using ZeroK.Noise;

namespace ZeroK.Contracts.Tests.Noise;

public sealed class DeviceIdentityTests
{
    [Fact]
    public void An_id_is_the_hash_over_all_three_public_keys()
    {
        using var device = DeviceIdentity.Generate();
        var fingerprint = SHA256.HashData([.. "0ksync/1 identity"u8, .. device.Public.X25519.Span, .. device.Public.MlKem768.Span]);
        Assert.Equal(SHA256.HashData([.. "0ksync/1 device"u8, .. fingerprint, .. device.SigningKey.Span]), device.Id.ToArray());
        Assert.Equal(device.Id.ToArray(), PeerIdentity.DeviceId(fingerprint, device.SigningKey.Span));
    }

    [Fact]
    public void Another_key_of_any_of_the_three_kinds_gives_another_id()
    {
        using var device = DeviceIdentity.Generate();
        using var other = DeviceIdentity.Generate();
        Assert.NotEqual(device.Id.ToArray(), device.Public.DeviceId(other.SigningKey.Span));
        Assert.NotEqual(device.Id.ToArray(), (device.Public with { X25519 = other.Public.X25519 }).DeviceId(device.SigningKey.Span));
        Assert.NotEqual(device.Id.ToArray(), (device.Public with { MlKem768 = other.Public.MlKem768 }).DeviceId(device.SigningKey.Span));
    }

    [Fact]
    public void An_exported_identity_signs_as_the_same_device()
    {
        using var device = DeviceIdentity.Generate();
        var secret = new byte[DeviceIdentity.SecretBytes];
        device.ExportSecret(secret);
        using var again = DeviceIdentity.Import(secret);
        Assert.Equal(device.Id.ToArray(), again.Id.ToArray());
        var signature = new byte[DeviceIdentity.SignatureBytes];
        again.Sign("text"u8, signature);
        var key = PublicKey.Import(SignatureAlgorithm.Ed25519, device.SigningKey.Span, KeyBlobFormat.RawPublicKey);
        Assert.True(SignatureAlgorithm.Ed25519.Verify(key, "text"u8, signature));
        Assert.False(SignatureAlgorithm.Ed25519.Verify(key, "texu"u8, signature));
    }

    [Fact]
    public void Keys_of_another_length_are_refused()
    {
        using var device = DeviceIdentity.Generate();
        Assert.Throws<ArgumentException>(() => DeviceIdentity.Import(new byte[StaticIdentity.SecretBytes]));
        Assert.Throws<ArgumentException>(() => device.Public.DeviceId(new byte[31]));
        Assert.Throws<ArgumentException>(() => PeerIdentity.DeviceId(new byte[33], device.SigningKey.Span));
        Assert.ThrowsAny<ArgumentException>(() => device.ExportSecret(new byte[StaticIdentity.SecretBytes]));
    }
}
