using System.Security.Cryptography;
using ZeroK.Noise.Internal;
using X25519 = ZeroK.Noise.Internal.X25519;

namespace ZeroK.Noise;

/// <summary>One side of one handshake (Noise revision 34, section 5.3, with KEM tokens as clatter 2.2 has them). Messages are written and read in turn; then <see cref="Split"/>.</summary>
/// <remarks>A failed read ends the handshake: dispose of it. There is no path to a session that lacks one of the two key exchanges, since the pattern is fixed.</remarks>
public sealed class NoiseHandshake : IDisposable
{
    private readonly NoisePattern _pattern;
    private readonly StaticIdentity _local;
    private readonly HandshakeRandom _random;
    private readonly byte[] _psk;
    private readonly SymmetricState _state;
    private EphemeralX25519? _ephemeralDh;
    private MlKemKey? _ephemeralKem;
    private byte[] _remoteEphemeralDh = [];
    private byte[] _remoteEphemeralKem = [];
    private byte[] _remoteStaticDh = [];
    private byte[] _remoteStaticKem = [];
    private bool _kemUnproved;

    internal NoiseHandshake(NoisePattern pattern, NoiseHash hash, bool initiator, ReadOnlySpan<byte> prologue, bool mixPrologue, StaticIdentity local, HandshakeRandom random, byte[]? psk = null)
    {
        _pattern = pattern;
        _local = local;
        _random = random;
        _psk = psk ?? [];
        IsInitiator = initiator;
        _state = new SymmetricState(hash, pattern.ProtocolName(hash));
        if (mixPrologue) _state.MixHash(prologue);
    }

    /// <summary>Starts a session handshake, Noise_hybridXX_25519+MLKEM768_ChaChaPoly_BLAKE2s.</summary>
    /// <param name="initiator">Whether this side writes the first message.</param>
    /// <param name="prologue">What both sides must agree on beforehand.</param>
    /// <param name="local">This side's keys; they stay the caller's.</param>
    public NoiseHandshake(bool initiator, ReadOnlySpan<byte> prologue, StaticIdentity local)
        : this(NoisePattern.HybridXX, NoiseHash.Blake2s, initiator, prologue, mixPrologue: true, local, HandshakeRandom.System)
    {
    }

    /// <summary>Whether this side writes the first message.</summary>
    public bool IsInitiator { get; }

    /// <summary>How many messages were written or read.</summary>
    public int MessagesDone { get; private set; }

    /// <summary>Whether all messages are done.</summary>
    public bool IsDone => MessagesDone == _pattern.Messages.Length;

    /// <summary>Whether the next message is this side's to write.</summary>
    public bool IsMyTurn => !IsDone && (MessagesDone % 2 == 0) == IsInitiator;

    /// <summary>The peer's static keys, once its message with them was read.</summary>
    public PeerIdentity? Remote => _remoteStaticDh.Length == 0 ? null : new PeerIdentity(_remoteStaticDh, _remoteStaticKem);

    /// <summary>The handshake hash; the same on both sides when done.</summary>
    public ReadOnlySpan<byte> HandshakeHash => _state.HandshakeHash;

    /// <summary>Bytes of a session handshake's first message: known before anything is made for it.</summary>
    public static int FirstMessageBytes => X25519.Bytes + Internal.MlKem768.PublicKeyBytes;

    /// <summary>Bytes of the next message with an empty payload.</summary>
    public int NextMessageBytes
    {
        get
        {
            var (bytes, overhead) = (0, _state.Overhead);
            foreach (var token in _pattern.Messages[MessagesDone])
            {
                var sealedBytes = token switch
                {
                    Token.E => X25519.Bytes + (_pattern.Hybrid ? Internal.MlKem768.PublicKeyBytes : 0),
                    Token.S => X25519.Bytes + overhead + (_pattern.Hybrid ? Internal.MlKem768.PublicKeyBytes + overhead : 0),
                    Token.EKem => Internal.MlKem768.CiphertextBytes,
                    Token.SKem => Internal.MlKem768.CiphertextBytes + overhead,
                    _ => 0,
                };
                bytes += sealedBytes;
                if (token is not (Token.E or Token.S) || (token is Token.E && _pattern.HasPsk)) overhead = CipherState.TagBytes;
            }

            return bytes + overhead;
        }
    }

    /// <summary>Writes the next message.</summary>
    /// <param name="payload">May be empty.</param>
    /// <param name="destination"><see cref="NextMessageBytes"/> and the payload's length.</param>
    /// <returns>Bytes written; None, or why the peer's keys can't be used.</returns>
    public NoiseFailure Write(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        if (!IsMyTurn) throw new InvalidOperationException("It is the peer's turn.");
        written = 0;
        foreach (var token in _pattern.Messages[MessagesDone])
        {
            var failure = Write(token, destination, ref written);
            if (failure != NoiseFailure.None) return failure;
        }

        written += _state.Seal(payload, destination[written..]);
        MessagesDone++;
        return NoiseFailure.None;
    }

    /// <summary>Reads the next message.</summary>
    /// <param name="message">As it came.</param>
    /// <param name="payload">As long as the message is longer than <see cref="NextMessageBytes"/>.</param>
    /// <returns>None, or what is wrong. Nothing may be read after a failure.</returns>
    public NoiseFailure Read(ReadOnlySpan<byte> message, Span<byte> payload)
    {
        if (IsDone || IsMyTurn) throw new InvalidOperationException("It is this side's turn.");
        if (message.Length != NextMessageBytes + payload.Length) return NoiseFailure.Length;
        var rest = message;
        foreach (var token in _pattern.Messages[MessagesDone])
        {
            var failure = Read(token, ref rest);
            if (failure != NoiseFailure.None) return failure;
        }

        if (!_state.TryOpen(rest, payload)) return CipherFailure();
        MessagesDone++;
        return NoiseFailure.None;
    }

    /// <summary>The session: its two ciphers, and what those of its side streams come from.</summary>
    /// <param name="rekeyEveryMessages">Each direction rekeys after so many of its messages; 0: never.</param>
    public NoiseSession Split(uint rekeyEveryMessages)
    {
        if (!IsDone) throw new InvalidOperationException("The handshake is not done.");
        var (first, second, streams) = _state.Split(rekeyEveryMessages);
        return NoiseSession.Of(first, second, IsInitiator, streams);
    }

    /// <summary>Wipes all keys of the handshake.</summary>
    public void Dispose()
    {
        _ephemeralDh?.Dispose();
        _ephemeralKem?.Dispose();
        _state.Dispose();
    }

    private NoiseFailure Write(Token token, Span<byte> destination, ref int written)
    {
        switch (token)
        {
            case Token.E:
                MakeEphemeral();
                written += WriteEphemeral(_ephemeralDh!.Public, destination[written..]);
                if (_pattern.Hybrid) written += WriteEphemeral(_ephemeralKem!.Public, destination[written..]);
                return NoiseFailure.None;
            case Token.S:
                written += _state.Seal(_local.Public.X25519.Span, destination[written..]);
                if (_pattern.Hybrid) written += _state.Seal(_local.Public.MlKem768.Span, destination[written..]);
                return NoiseFailure.None;
            case Token.EKem or Token.SKem:
                return WriteKem(token, destination, ref written);
            default:
                return Mix(token);
        }
    }

    private NoiseFailure Read(Token token, ref ReadOnlySpan<byte> rest)
    {
        switch (token)
        {
            case Token.E:
                _remoteEphemeralDh = ReadEphemeral(X25519.Bytes, ref rest);
                if (_pattern.Hybrid) _remoteEphemeralKem = ReadEphemeral(Internal.MlKem768.PublicKeyBytes, ref rest);
                return _pattern.Hybrid && !Internal.MlKem768.IsPublicKey(_remoteEphemeralKem) ? NoiseFailure.MlKem : NoiseFailure.None;
            case Token.S:
                if (!TryOpenNext(X25519.Bytes, ref rest, out _remoteStaticDh)) return CipherFailure();
                if (!_pattern.Hybrid) return NoiseFailure.None;
                if (!TryOpenNext(Internal.MlKem768.PublicKeyBytes, ref rest, out _remoteStaticKem)) return CipherFailure();
                return Internal.MlKem768.IsPublicKey(_remoteStaticKem) ? NoiseFailure.None : NoiseFailure.MlKem;
            case Token.EKem or Token.SKem:
                return ReadKem(token, ref rest);
            default:
                return Mix(token);
        }
    }

    // A token's meaning is the same for writer and reader but for who has which half.
    private NoiseFailure Mix(Token token)
    {
        if (token is Token.Psk)
        {
            _state.MixKeyAndHash(_psk);
            return NoiseFailure.None;
        }

        var (ofMine, ofTheirs) = token switch
        {
            Token.EE => (Token.E, Token.E),
            Token.ES => IsInitiator ? (Token.E, Token.S) : (Token.S, Token.E),
            Token.SE => IsInitiator ? (Token.S, Token.E) : (Token.E, Token.S),
            _ => throw new InvalidOperationException($"{token} is not a DH token."),
        };
        var theirs = ofTheirs is Token.E ? _remoteEphemeralDh : _remoteStaticDh;
        Span<byte> secret = stackalloc byte[X25519.Bytes];
        try
        {
            if (!(ofMine is Token.E ? _ephemeralDh!.TryAgree(theirs, secret) : X25519.TryAgree(_local.Dh, theirs, secret))) return NoiseFailure.X25519;
            _state.MixKey(secret);
            return NoiseFailure.None;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private NoiseFailure WriteKem(Token token, Span<byte> destination, ref int written)
    {
        Span<byte> coins = stackalloc byte[Internal.MlKem768.CoinBytes];
        Span<byte> ciphertext = stackalloc byte[Internal.MlKem768.CiphertextBytes];
        Span<byte> secret = stackalloc byte[Internal.MlKem768.SharedSecretBytes];
        try
        {
            _random.Coins(coins);
            Internal.MlKem768.Encapsulate(token is Token.EKem ? _remoteEphemeralKem : _remoteStaticKem, coins, ciphertext, secret);
            written += token is Token.EKem ? WriteClear(ciphertext, destination[written..]) : _state.Seal(ciphertext, destination[written..]);
            MixKem(token, secret);
            return NoiseFailure.None;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(coins);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private NoiseFailure ReadKem(Token token, ref ReadOnlySpan<byte> rest)
    {
        byte[] ciphertext;
        if (token is Token.EKem) ciphertext = ReadClear(Internal.MlKem768.CiphertextBytes, ref rest);
        else if (!TryOpenNext(Internal.MlKem768.CiphertextBytes, ref rest, out ciphertext)) return NoiseFailure.MlKem;
        Span<byte> secret = stackalloc byte[Internal.MlKem768.SharedSecretBytes];
        try
        {
            Internal.MlKem768.Decapsulate(token is Token.EKem ? _ephemeralKem! : _local.Kem, ciphertext, secret);
            MixKem(token, secret);
            return NoiseFailure.None;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private void MixKem(Token token, ReadOnlySpan<byte> secret)
    {
        if (token is Token.EKem) _state.MixKey(secret);
        else _state.MixKeyAndHash(secret);
        _kemUnproved = true;
    }

    private void MakeEphemeral()
    {
        Span<byte> dh = stackalloc byte[X25519.Bytes];
        Span<byte> seed = stackalloc byte[Internal.MlKem768.SeedBytes];
        try
        {
            _random.Ephemeral(dh);
            _ephemeralDh = new EphemeralX25519(dh);
            if (!_pattern.Hybrid) return;
            _random.KemSeed(seed);
            _ephemeralKem = new MlKemKey(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dh);
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private int WriteEphemeral(ReadOnlySpan<byte> key, Span<byte> destination)
    {
        var written = WriteClear(key, destination);

        // Noise revision 34, section 9.2: with a pre-shared key the ephemeral keys are mixed into the key too.
        if (_pattern.HasPsk) _state.MixKey(key);
        return written;
    }

    private byte[] ReadEphemeral(int bytes, ref ReadOnlySpan<byte> rest)
    {
        var key = ReadClear(bytes, ref rest);
        if (_pattern.HasPsk) _state.MixKey(key);
        return key;
    }

    private int WriteClear(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        data.CopyTo(destination);
        _state.MixHash(data);
        return data.Length;
    }

    private byte[] ReadClear(int bytes, ref ReadOnlySpan<byte> rest)
    {
        var data = rest[..bytes].ToArray();
        rest = rest[bytes..];
        _state.MixHash(data);
        return data;
    }

    private bool TryOpenNext(int bytes, ref ReadOnlySpan<byte> rest, out byte[] opened)
    {
        opened = new byte[bytes];
        var part = rest[..(bytes + _state.Overhead)];
        rest = rest[part.Length..];
        if (_state.TryOpen(part, opened))
        {
            if (part.Length > bytes) _kemUnproved = false;
            return true;
        }

        opened = [];
        return false;
    }

    // A KEM's secret is proved by the first seal that opens after it: a changed ciphertext decapsulates to another secret, silently.
    // Message 2 mixes an X25519 secret before that seal too, and one seal can't tell which of the two was wrong: the hybrid failed.
    private NoiseFailure CipherFailure() => _kemUnproved ? NoiseFailure.MlKem : NoiseFailure.Cipher;
}
