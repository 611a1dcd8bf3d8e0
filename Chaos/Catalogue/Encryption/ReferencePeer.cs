using System.Buffers.Binary;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc7748;
using ZeroK.Transport;

namespace ZeroK.Chaos.Catalogue.Encryption;

/// <summary>A peer that follows the protocol on its own code, but for what a test bends: a secret that it mixes, a key that it shows. The product must not make a session with a bent one.</summary>
internal sealed class ReferencePeer(IConnection connection, bool initiator, string name = ReferenceSchedule.HybridName)
{
    private static readonly byte[] Preface = [.. "0KSY"u8, 1, 1, 1];

    private readonly byte[] _ephemeralDh = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _staticDh = RandomNumberGenerator.GetBytes(32);
    private readonly MLKemPrivateKeyParameters _ephemeralKem = NewKem();
    private readonly MLKemPrivateKeyParameters _staticKem = NewKem();
    private byte[] _remoteEphemeralDh = [];
    private byte[] _remoteEphemeralKem = [];
    private byte[] _remoteStaticDh = [];
    private byte[] _remoteStaticKem = [];

    /// <summary>Takes a token (ekem, ee, es, skem, se, skem4) and its secret; gives what is mixed instead; null leaves the token out.</summary>
    public Func<string, byte[], byte[]?> Bend { get; init; } = (_, secret) => secret;

    /// <summary>Takes a key's name (e.dh, e.kem, s.dh, s.kem) and the key; gives what is sent.</summary>
    public Func<string, byte[], byte[]> Show { get; init; } = (_, key) => key;

    public ReferenceSchedule Schedule { get; } = new(name, [.. "0ksync/1"u8, .. Preface]);

    /// <summary>Every secret that it made or computed.</summary>
    public IReadOnlyList<byte[]> Secrets => [_ephemeralDh, _staticDh, _ephemeralKem.GetEncoded(), _staticKem.GetEncoded(), Schedule.ChainingKey, .. Schedule.Mixed.Select(m => m.Secret)];

    public byte[] Fingerprint() => SHA256.HashData([.. "0ksync/1 identity"u8, .. PublicDh(_staticDh), .. _staticKem.GetPublicKeyEncoded()]);

    /// <summary>Runs its side. False when the peer ended it or what came did not open.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            return initiator ? await InitiateAsync(cancellationToken).ConfigureAwait(false) : await RespondAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TransportException)
        {
            return false;
        }
    }

    /// <summary>The next session message of the product, sealed; null at the end.</summary>
    public async Task<byte[]?> NextSealedAsync(CancellationToken cancellationToken)
    {
        var head = new byte[2];
        if (!await FillAsync(head, cancellationToken).ConfigureAwait(false)) return null;
        var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        return await FillAsync(body, cancellationToken).ConfigureAwait(false) ? body : null;
    }

    private async Task<bool> InitiateAsync(CancellationToken cancellationToken)
    {
        await connection.SendAsync(Frame(0, Preface), cancellationToken).ConfigureAwait(false);
        byte[] first = [.. Clear(Show("e.dh", PublicDh(_ephemeralDh))), .. Clear(Show("e.kem", _ephemeralKem.GetPublicKeyEncoded()))];
        await connection.SendAsync(Frame(1, [.. first, .. Schedule.Seal([])]), cancellationToken).ConfigureAwait(false);
        if (await ReadAsync(cancellationToken).ConfigureAwait(false) is not { } second || !ReadSecond(second)) return false;
        byte[] third = [.. Encapsulated("skem", _remoteStaticKem), .. Schedule.Seal(Show("s.dh", PublicDh(_staticDh))), .. Schedule.Seal(Show("s.kem", _staticKem.GetPublicKeyEncoded()))];
        Agree("se", _staticDh, _remoteEphemeralDh);
        await connection.SendAsync(Frame(1, [.. third, .. Schedule.Seal([])]), cancellationToken).ConfigureAwait(false);
        if (await ReadAsync(cancellationToken).ConfigureAwait(false) is not { Length: 1120 } fourth || Schedule.Open(fourth[..1104]) is not { } ciphertext) return false;
        Mix("skem4", Decapsulate(_staticKem, ciphertext));
        return Schedule.Open(fourth[1104..]) is not null;
    }

    private async Task<bool> RespondAsync(CancellationToken cancellationToken)
    {
        if (await ReadAsync(cancellationToken).ConfigureAwait(false) is not { Length: 7 }) return false;
        if (await ReadAsync(cancellationToken).ConfigureAwait(false) is not { Length: 1216 } first) return false;
        (_remoteEphemeralDh, _remoteEphemeralKem) = (Clear(first[..32]), Clear(first[32..]));
        Schedule.Seal([]);
        byte[] second = [.. Encapsulated("ekem", _remoteEphemeralKem), .. Clear(Show("e.dh", PublicDh(_ephemeralDh))), .. Clear(Show("e.kem", _ephemeralKem.GetPublicKeyEncoded()))];
        Agree("ee", _ephemeralDh, _remoteEphemeralDh);
        second = [.. second, .. Schedule.Seal(Show("s.dh", PublicDh(_staticDh))), .. Schedule.Seal(Show("s.kem", _staticKem.GetPublicKeyEncoded()))];
        Agree("es", _staticDh, _remoteEphemeralDh);
        await connection.SendAsync(Frame(1, [.. second, .. Schedule.Seal([])]), cancellationToken).ConfigureAwait(false);
        if (await ReadAsync(cancellationToken).ConfigureAwait(false) is not { Length: 2368 } third || Schedule.Open(third[..1104]) is not { } ciphertext) return false;
        Mix("skem", Decapsulate(_staticKem, ciphertext));
        if (Schedule.Open(third[1104..1152]) is not { } dh || Schedule.Open(third[1152..2352]) is not { } kem) return false;
        (_remoteStaticDh, _remoteStaticKem) = (dh, kem);
        Agree("se", _ephemeralDh, _remoteStaticDh);
        if (Schedule.Open(third[2352..]) is null) return false;
        await connection.SendAsync(Frame(1, [.. Encapsulated("skem4", _remoteStaticKem), .. Schedule.Seal([])]), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private bool ReadSecond(byte[] message)
    {
        if (message.Length != 3568) return false;
        var ciphertext = Clear(message[..1088]);
        Mix("ekem", Decapsulate(_ephemeralKem, ciphertext));
        (_remoteEphemeralDh, _remoteEphemeralKem) = (Clear(message[1088..1120]), Clear(message[1120..2304]));
        Agree("ee", _ephemeralDh, _remoteEphemeralDh);
        if (Schedule.Open(message[2304..2352]) is not { } dh || Schedule.Open(message[2352..3552]) is not { } kem) return false;
        (_remoteStaticDh, _remoteStaticKem) = (dh, kem);
        Agree("es", _ephemeralDh, _remoteStaticDh);
        return Schedule.Open(message[3552..]) is not null;
    }

    private byte[] Encapsulated(string token, byte[] publicKey)
    {
        var encapsulator = new MLKemEncapsulator(MLKemParameters.ml_kem_768);
        encapsulator.Init(MLKemPublicKeyParameters.FromEncoding(MLKemParameters.ml_kem_768, publicKey));
        var (ciphertext, secret) = (new byte[1088], new byte[32]);
        encapsulator.Encapsulate(ciphertext, 0, ciphertext.Length, secret, 0, secret.Length);
        var sent = token == "ekem" ? Clear(ciphertext) : Schedule.Seal(ciphertext);
        Mix(token, secret);
        return sent;
    }

    private void Agree(string token, byte[] mine, byte[] theirs)
    {
        var secret = new byte[32];
        X25519.CalculateAgreement(mine, 0, theirs, 0, secret, 0);
        Mix(token, secret);
    }

    private void Mix(string token, byte[] secret)
    {
        if (Bend(token, secret) is { } bent) Schedule.Mix(token, bent);
    }

    private byte[] Clear(byte[] data)
    {
        Schedule.MixHash(data);
        return data;
    }

    private async Task<byte[]?> ReadAsync(CancellationToken cancellationToken)
    {
        var head = new byte[3];
        if (!await FillAsync(head, cancellationToken).ConfigureAwait(false)) return null;
        var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1))];
        return await FillAsync(body, cancellationToken).ConfigureAwait(false) && head[0] < 2 ? body : null;
    }

    private async Task<bool> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            var count = await connection.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0) return false;
            buffer = buffer[count..];
        }

        return true;
    }

    private static byte[] Frame(byte kind, byte[] body) => [kind, (byte)(body.Length >> 8), (byte)body.Length, .. body];

    private static byte[] PublicDh(byte[] key)
    {
        var result = new byte[32];
        X25519.ScalarMultBase(key, 0, result, 0);
        return result;
    }

    private static byte[] Decapsulate(MLKemPrivateKeyParameters key, byte[] ciphertext)
    {
        var decapsulator = new MLKemDecapsulator(MLKemParameters.ml_kem_768);
        decapsulator.Init(key);
        var secret = new byte[32];
        decapsulator.Decapsulate(ciphertext, 0, ciphertext.Length, secret, 0, secret.Length);
        return secret;
    }

    private static MLKemPrivateKeyParameters NewKem() => MLKemPrivateKeyParameters.FromSeed(MLKemParameters.ml_kem_768, RandomNumberGenerator.GetBytes(64));
}
