using System.Text.Json;
using System.Buffers.Binary;
using Xunit;
using ZeroK.Noise.Internal;
using ZeroK.Tests.Shared;
using X25519 = ZeroK.Noise.Internal.X25519;

namespace ZeroK.Contracts.Tests.Noise;

/// <summary>Wycheproof's cases for the primitives, as the protocol uses them. Each case runs; a file without cases fails.</summary>
public sealed class WycheproofTests
{
    [Fact]
    public void X25519_agrees_as_expected_and_refuses_an_all_zero_result()
    {
        Vectors.RunAll("wycheproof_x25519_test.json", (_, test) =>
        {
            using var key = X25519.Import(Vectors.Hex(test, "private"));
            using var ephemeral = new EphemeralX25519(Vectors.Hex(test, "private"));
            var (ofKey, ofEphemeral, theirs) = (new byte[X25519.Bytes], new byte[X25519.Bytes], Vectors.Hex(test, "public"));
            return IsExpected(test, X25519.TryAgree(key, theirs, ofKey), ofKey) && IsExpected(test, ephemeral.TryAgree(theirs, ofEphemeral), ofEphemeral);
        });

        static bool IsExpected(JsonElement test, bool agreed, byte[] shared)
        {
            var isZero = !Vectors.Hex(test, "shared").AsSpan().ContainsAnyExcept((byte)0);
            return agreed ? !isZero && shared.SequenceEqual(Vectors.Hex(test, "shared")) : isZero || Vectors.Result(test) == "invalid";
        }
    }

    [Fact]
    public void The_session_cipher_seals_and_opens_ChaCha20_Poly1305_as_expected()
    {
        Vectors.RunAll("wycheproof_chacha20_poly1305_test.json", (_, test) =>
        {
            var (nonce, associated) = (Vectors.Hex(test, "iv"), Vectors.Hex(test, "aad"));
            using var cipher = new CipherState(Vectors.Hex(test, "key"), 0);

            // Noise has no nonce but of 96 bits: the cipher must not take one.
            if (nonce.Length != 12) return Record.Exception(() => cipher.SealUnder(nonce, associated, new byte[1], new byte[17])) is ArgumentException && Record.Exception(() => cipher.TryOpenUnder(nonce, associated, new byte[17], new byte[1])) is ArgumentException;

            byte[] message = [.. Vectors.Hex(test, "ct"), .. Vectors.Hex(test, "tag")];
            var (opened, again) = (new byte[message.Length - CipherState.TagBytes], new byte[message.Length]);
            opened.AsSpan().Fill(0xaa);
            var isValid = Vectors.Result(test) == "valid";
            if (!Opens(cipher, nonce, associated, message, opened)) return !isValid && !opened.AsSpan().ContainsAnyExcept((byte)0);
            Seals(cipher, nonce, associated, opened, again);
            return isValid && opened.SequenceEqual(Vectors.Hex(test, "msg")) && again.SequenceEqual(message);
        });
    }

    // A nonce that a counter makes runs through the counter; the others go to the same cipher below it.
    private static bool Opens(CipherState cipher, byte[] nonce, byte[] associated, byte[] message, byte[] opened)
    {
        if (!IsCounter(nonce, out var counter)) return cipher.TryOpenUnder(nonce, associated, message, opened);
        cipher.Counter = counter;
        return cipher.TryOpen(associated, message, opened);
    }

    private static void Seals(CipherState cipher, byte[] nonce, byte[] associated, byte[] text, byte[] message)
    {
        if (!IsCounter(nonce, out var counter))
        {
            cipher.SealUnder(nonce, associated, text, message);
            return;
        }

        cipher.Counter = counter;
        cipher.Seal(associated, text, message);
    }

    private static bool IsCounter(byte[] nonce, out ulong counter)
    {
        counter = BinaryPrimitives.ReadUInt64LittleEndian(nonce.AsSpan(4));
        return !nonce.AsSpan(0, 4).ContainsAnyExcept((byte)0) && counter != ulong.MaxValue;
    }
}
