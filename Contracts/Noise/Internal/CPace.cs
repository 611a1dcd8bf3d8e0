using System.Security.Cryptography;

namespace ZeroK.Noise.Internal;

/// <summary>One side of CPace (draft-irtf-cfrg-cpace) over ristretto255 with SHA-512: two sides that know one weak password get a strong key, and a wrong one can be tried only by taking part.</summary>
/// <remarks>The draft's names: PRS the password, CI who and where, sid the run's number, Y a side's share, AD what a side says with it, ISK the key. The secret scalar is wiped when disposed of.</remarks>
internal sealed class CPace : IDisposable
{
    public const int ShareBytes = 32;
    public const int ScalarBytes = 32;
    public const int KeyBytes = 64;

    // Random bytes that become a scalar: twice its length, so that none is likelier than another.
    public const int WideScalarBytes = 64;
    private const int HashBlockBytes = 128;

    private readonly byte[] _scalar = GC.AllocateUninitializedArray<byte>(ScalarBytes, pinned: true);
    private readonly byte[] _sid;

    private CPace(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> generator, ReadOnlySpan<byte> sid)
    {
        scalar.CopyTo(_scalar);
        _sid = sid.ToArray();
        if (Sodium.RistrettoMultiply(Share, _scalar, generator) != 0) throw new CryptographicException("CPace drew a scalar that is none.");
    }

    // The names of the draft's vectors.
    private static ReadOnlySpan<byte> Dsi => "CPaceRistretto255"u8;

    private static ReadOnlySpan<byte> DsiKey => "CPaceRistretto255_ISK"u8;

    private static ReadOnlySpan<byte> DsiMac => "CPaceMac"u8;

    /// <summary>This side's share, an encoded element, 32 bytes.</summary>
    public byte[] Share { get; } = new byte[ShareBytes];

    /// <summary>Begins a run.</summary>
    /// <param name="password">PRS, any length.</param>
    /// <param name="channel">CI: the parties and the place, the same on both sides.</param>
    /// <param name="sid">The run's number, the same on both sides and never used again.</param>
    /// <param name="random">64 random bytes; the caller wipes them.</param>
    public static CPace Begin(ReadOnlySpan<byte> password, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> sid, ReadOnlySpan<byte> random)
    {
        if (random.Length != WideScalarBytes) throw new ArgumentException($"A scalar is drawn from {WideScalarBytes} bytes.", nameof(random));
        Span<byte> scalar = stackalloc byte[ScalarBytes];
        Span<byte> generator = stackalloc byte[ShareBytes];
        try
        {
            Sodium.RistrettoScalar(scalar, random);
            Generator(password, channel, sid, generator);
            return new CPace(scalar, generator, sid);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
            CryptographicOperations.ZeroMemory(generator);
        }
    }

    /// <summary>The key ISK; false for a share that is no element, and for one that gives the identity: the run is over then.</summary>
    /// <param name="peerShare">The other side's share.</param>
    /// <param name="initiator">Y and AD of the side that spoke first.</param>
    /// <param name="responder">Y and AD of the other.</param>
    /// <param name="key">64 bytes.</param>
    public bool TryAgree(ReadOnlySpan<byte> peerShare, Said initiator, Said responder, Span<byte> key)
    {
        Span<byte> shared = stackalloc byte[ShareBytes];
        try
        {
            if (!TryMultiply(_scalar, peerShare, shared)) return false;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
            AppendSized(hash, DsiKey);
            AppendSized(hash, _sid);
            AppendSized(hash, shared);
            Append(hash, initiator);
            Append(hash, responder);
            hash.GetHashAndReset(key);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    /// <summary>The tag by which a side shows that it has the key (the draft's explicit confirmation): HMAC-SHA-512 over what it said.</summary>
    /// <param name="key">ISK.</param>
    /// <param name="said">Y and AD of the side that shows it.</param>
    /// <param name="tag">64 bytes.</param>
    public void Confirm(ReadOnlySpan<byte> key, Said said, Span<byte> tag)
    {
        Span<byte> macKey = stackalloc byte[KeyBytes];
        try
        {
            using (var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512))
            {
                hash.AppendData(DsiMac);
                hash.AppendData(_sid);
                hash.AppendData(key);
                hash.GetHashAndReset(macKey);
            }

            using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA512, macKey);
            Append(mac, said);
            mac.GetHashAndReset(tag);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(macKey);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_scalar);

    /// <summary>The draft's calculate_generator: the password's element.</summary>
    internal static void Generator(ReadOnlySpan<byte> password, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> sid, Span<byte> generator)
    {
        Span<byte> digest = stackalloc byte[WideScalarBytes];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        AppendSized(hash, Dsi);
        AppendSized(hash, password);

        // Zeros fill the hash's first block, so that its time does not depend on what else there is.
        var zeros = Math.Max(0, HashBlockBytes - 1 - SizedBytes(password) - SizedBytes(Dsi));
        AppendSized(hash, new byte[zeros]);
        AppendSized(hash, channel);
        AppendSized(hash, sid);
        hash.GetHashAndReset(digest);
        if (Sodium.RistrettoFromHash(generator, digest) != 0) throw new CryptographicException("ristretto255 gave no element.");
        CryptographicOperations.ZeroMemory(digest);
    }

    /// <summary>The draft's scalar_mult_vfy; false where it aborts.</summary>
    internal static bool TryMultiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element, Span<byte> result) =>
        element.Length == ShareBytes && scalar.Length == ScalarBytes && result.Length == ShareBytes && Sodium.RistrettoMultiply(result, scalar, element) == 0;

    /// <summary>With a scalar that is given, for the draft's vectors.</summary>
    internal static CPace WithScalar(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> password, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> sid)
    {
        Span<byte> generator = stackalloc byte[ShareBytes];
        Generator(password, channel, sid, generator);
        return new CPace(scalar, generator, sid);
    }

    private static void Append(IncrementalHash hash, Said said)
    {
        AppendSized(hash, said.Share);
        AppendSized(hash, said.Data);
    }

    // Length in LEB128, then the bytes.
    private static void AppendSized(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[5];
        var count = 0;
        var left = (uint)bytes.Length;
        do
        {
            length[count++] = (byte)((left & 0x7f) | (left > 0x7f ? 0x80u : 0u));
            left >>= 7;
        }
        while (left > 0);
        hash.AppendData(length[..count]);
        hash.AppendData(bytes);
    }

    private static int SizedBytes(ReadOnlySpan<byte> bytes)
    {
        var count = 1;
        for (var left = (uint)bytes.Length >> 7; left > 0; left >>= 7) count++;
        return count + bytes.Length;
    }

    /// <summary>What a side said in clear: its share and its data.</summary>
    internal readonly ref struct Said(ReadOnlySpan<byte> share, ReadOnlySpan<byte> data)
    {
        public ReadOnlySpan<byte> Share { get; } = share;

        public ReadOnlySpan<byte> Data { get; } = data;
    }
}
