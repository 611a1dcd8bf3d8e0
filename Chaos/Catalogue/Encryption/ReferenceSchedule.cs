using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>The key schedule of the handshake written a second time, from the protocol's description alone: what the product derives is compared with it.</summary>
internal sealed class ReferenceSchedule
{
    /// <summary>The only name under which the product makes sessions.</summary>
    public const string HybridName = "Noise_hybridXX_25519+MLKEM768_ChaChaPoly_BLAKE2s";

    private readonly string _name;
    private byte[]? _key;
    private ulong _nonce;

    public ReferenceSchedule(string name, byte[] prologue)
    {
        _name = name;
        ChainingKey = Start(name);
        Hash = [.. ChainingKey];
        MixHash(prologue);
    }

    public byte[] Hash { get; private set; }

    public byte[] ChainingKey { get; private set; }

    /// <summary>What was mixed in, in order: the token and its secret.</summary>
    public List<(string Token, byte[] Secret)> Mixed { get; } = [];

    public int Overhead => _key is null ? 0 : 16;

    /// <summary>Session keys, initiator to responder and back, of a chain of secrets.</summary>
    public static (byte[] Up, byte[] Down) Keys(string name, IEnumerable<byte[]> secrets)
    {
        var chain = secrets.Aggregate(Start(name), (ck, secret) => Hkdf(ck, secret)[0]);
        var keys = Hkdf(chain, []);
        return (keys[0], keys[1]);
    }

    public (byte[] Up, byte[] Down) Split() => Keys(_name, Mixed.Select(m => m.Secret));

    public void MixHash(ReadOnlySpan<byte> data) => Hash = Blake([.. Hash, .. data]);

    public void Mix(string token, byte[] secret)
    {
        Mixed.Add((token, secret));
        var outputs = Hkdf(ChainingKey, secret);
        ChainingKey = outputs[0];
        var isStatic = token.StartsWith("skem", StringComparison.Ordinal);
        if (isStatic) MixHash(outputs[1]);
        (_key, _nonce) = (isStatic ? outputs[2] : outputs[1], 0);
    }

    public byte[] Seal(byte[] text)
    {
        var result = text;
        if (_key is not null) result = SealWith(_key, _nonce++, Hash, text);
        MixHash(result);
        return result;
    }

    /// <summary>Null when it does not open.</summary>
    public byte[]? Open(byte[] data)
    {
        var text = _key is null ? data : OpenWith(_key, _nonce++, Hash, data);
        MixHash(data);
        return text;
    }

    /// <summary>Null when it does not open.</summary>
    public static byte[]? OpenWith(byte[] key, ulong nonce, byte[] associated, byte[] data)
    {
        if (data.Length < 16) return null;
        using var cipher = new ChaCha20Poly1305(key);
        var text = new byte[data.Length - 16];
        try
        {
            cipher.Decrypt(Nonce(nonce), data.AsSpan(0, text.Length), data.AsSpan(text.Length), text, associated);
            return text;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public static byte[] SealWith(byte[] key, ulong nonce, byte[] associated, byte[] text)
    {
        using var cipher = new ChaCha20Poly1305(key);
        var data = new byte[text.Length + 16];
        cipher.Encrypt(Nonce(nonce), text, data.AsSpan(0, text.Length), data.AsSpan(text.Length), associated);
        return data;
    }

    private static byte[] Nonce(ulong counter)
    {
        var nonce = new byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(nonce.AsSpan(4), counter);
        return nonce;
    }

    private static byte[] Start(string name) => name.Length <= 32 ? [.. Encoding.ASCII.GetBytes(name), .. new byte[32 - name.Length]] : Blake(Encoding.ASCII.GetBytes(name));

    // HKDF of Noise revision 34, section 4.3: three outputs.
    private static byte[][] Hkdf(byte[] chain, byte[] input)
    {
        var temporary = Hmac(chain, input);
        var first = Hmac(temporary, [1]);
        var second = Hmac(temporary, [.. first, 2]);
        return [first, second, Hmac(temporary, [.. second, 3])];
    }

    private static byte[] Hmac(byte[] key, byte[] data)
    {
        var mac = new HMac(new Blake2sDigest(256));
        mac.Init(new KeyParameter(key));
        mac.BlockUpdate(data, 0, data.Length);
        var result = new byte[32];
        mac.DoFinal(result, 0);
        return result;
    }

    private static byte[] Blake(byte[] data)
    {
        var digest = new Blake2sDigest(256);
        digest.BlockUpdate(data, 0, data.Length);
        var result = new byte[32];
        digest.DoFinal(result, 0);
        return result;
    }
}
