using System.Security.Cryptography;
using System.Text.Json;
using NSec.Cryptography;
using Xunit;
using X25519 = ZeroK.Noise.Internal.X25519;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>Wycheproof's cases for the primitives, as the protocol uses them. Each case runs; a file without cases fails.</summary>
public sealed class WycheproofTests
{
    [Fact]
    public void X25519_agrees_as_expected_and_refuses_an_all_zero_result()
    {
        RunAll("wycheproof_x25519_test.json", (_, test) =>
        {
            using var key = X25519.Import(Hex(test, "private"));
            var shared = new byte[X25519.Bytes];
            var isZero = !Hex(test, "shared").AsSpan().ContainsAnyExcept((byte)0);
            var agreed = X25519.TryAgree(key, Hex(test, "public"), shared);
            return agreed ? !isZero && shared.SequenceEqual(Hex(test, "shared")) : isZero || Result(test) == "invalid";
        });
    }

    [Fact]
    public void ChaCha20_Poly1305_seals_and_opens_as_expected()
    {
        RunAll("wycheproof_chacha20_poly1305_test.json", (group, test) =>
        {
            var nonce = Hex(test, "iv");
            if (group.GetProperty("ivSize").GetInt32() != 96)
            {
                // Noise has no other nonce: the implementation must not take one.
                using var key = new System.Security.Cryptography.ChaCha20Poly1305(Hex(test, "key"));
                return Record.Exception(() => key.Encrypt(nonce, new byte[1], new byte[1], new byte[16])) is ArgumentException;
            }

            using var chacha = new System.Security.Cryptography.ChaCha20Poly1305(Hex(test, "key"));
            var opened = new byte[Hex(test, "ct").Length];
            try
            {
                chacha.Decrypt(nonce, Hex(test, "ct"), Hex(test, "tag"), opened, Hex(test, "aad"));
            }
            catch (AuthenticationTagMismatchException)
            {
                return Result(test) == "invalid";
            }

            var (ciphertext, tag) = (new byte[opened.Length], new byte[16]);
            chacha.Encrypt(nonce, opened, ciphertext, tag, Hex(test, "aad"));
            return Result(test) == "valid" && opened.SequenceEqual(Hex(test, "msg")) && ciphertext.SequenceEqual(Hex(test, "ct")) && tag.SequenceEqual(Hex(test, "tag"));
        });
    }

    [Fact]
    public void Ed25519_accepts_the_valid_signatures_only()
    {
        RunAll("wycheproof_ed25519_test.json", (group, test) =>
        {
            var key = PublicKey.Import(SignatureAlgorithm.Ed25519, Hex(group.GetProperty("publicKey"), "pk"), KeyBlobFormat.RawPublicKey);
            return SignatureAlgorithm.Ed25519.Verify(key, Hex(test, "msg"), Hex(test, "sig")) == (Result(test) == "valid");
        });
    }

    [Fact]
    public void Hkdf_sha256_derives_as_expected()
    {
        RunAll("wycheproof_hkdf_sha256_test.json", (_, test) =>
        {
            var size = test.GetProperty("size").GetInt32();
            if (Result(test) == "invalid")
                return Record.Exception(() => HKDF.DeriveKey(HashAlgorithmName.SHA256, Hex(test, "ikm"), size, Hex(test, "salt"), Hex(test, "info"))) is ArgumentException;
            return HKDF.DeriveKey(HashAlgorithmName.SHA256, Hex(test, "ikm"), size, Hex(test, "salt"), Hex(test, "info")).SequenceEqual(Hex(test, "okm"));
        });
    }

    private static void RunAll(string file, Func<JsonElement, JsonElement, bool> holds)
    {
        var root = Vectors.Load(file);
        var wrong = new List<int>();
        var count = 0;
        foreach (var group in root.GetProperty("testGroups").EnumerateArray())
        {
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                count++;
                if (!holds(group, test)) wrong.Add(test.GetProperty("tcId").GetInt32());
            }
        }

        Assert.True(count > 0 && count == root.GetProperty("numberOfTests").GetInt32(), $"{file}: {count} cases ran.");
        Assert.True(wrong.Count == 0, $"{file}: cases {string.Join(", ", wrong)} came out wrong.");
    }

    private static string Result(JsonElement test) => test.GetProperty("result").GetString()!;

    private static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);
}
