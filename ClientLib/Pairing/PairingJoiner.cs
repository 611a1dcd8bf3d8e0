using System.Security.Cryptography;
using ZeroK.Noise.Internal;
using ZeroK.Wire;

namespace ZeroK.Client.Pairing;

/// <summary>The side that joins: answers what waits in the mailbox, shows first that it knows the code, and takes the invite once the other side has shown it too.</summary>
internal sealed class PairingJoiner(PairingParty party, PairingRandom random, TimeSpan now) : PairingMachine(party, now)
{
    private Kind _next = Kind.Share;
    private byte[] _share = [];
    private byte[] _answer = [];
    private MlKemKey? _kem;
    private DeviceId _peer;

    /// <summary>The group's record, once it came; the caller wipes it and says <see cref="Kept"/>.</summary>
    public byte[]? Record { get; private set; }

    /// <summary>Who gave it; null until it came.</summary>
    public PairedDevice? Inviter { get; private set; }

    /// <summary>The group is on this device's disk: tells the other side.</summary>
    public PairingStep Kept()
    {
        if (IsOver || Record is null) return default;
        var text = PairingText.Write(Name, default);
        var step = new PairingStep([(byte)Kind.Joined, .. Hybrid!.Seal(SealAnswer, Transcript, text)]);
        Stage = PairingStage.Done;
        Wipe();
        return step;
    }

    private protected override PairingStep Take(Kind kind, ReadOnlySpan<byte> message, TimeSpan now) => kind != _next ? Fail(PairingProblem.Interfered) : kind switch
    {
        Kind.Share => TakeShare(message, now),
        Kind.Ciphertext => TakeCiphertext(message, now),
        Kind.Invite => TakeInvite(message, now),
        _ => Fail(PairingProblem.Interfered),
    };

    private PairingStep TakeShare(ReadOnlySpan<byte> message, TimeSpan now)
    {
        if (message.Length < 2) return Fail(PairingProblem.Interfered);
        if (message[1] != Version) return Fail(PairingProblem.OtherVersion);
        if (message.Length != ShareMessageBytes) return Fail(PairingProblem.Interfered);
        var sid = message.Slice(2, SidBytes);
        var share = message.Slice(2 + SidBytes, CPace.ShareBytes);
        var id = message[(2 + SidBytes + CPace.ShareBytes)..];
        var run = BeginRun(sid, random);
        if (!TryAgree(share, share, id, run.Share, Self.ToArray())) return Fail(PairingProblem.Interfered);
        _share = message.ToArray();
        _peer = new DeviceId(id);

        Span<byte> seed = stackalloc byte[MlKem768.SeedBytes];
        random.Fill(seed);
        _kem = new MlKemKey(seed);
        CryptographicOperations.ZeroMemory(seed);
        byte[] clear = [(byte)Kind.Answer, .. run.Share, .. Self.ToArray(), .. JoinerTag(run.Share, Self.ToArray())];
        _answer = [.. clear, .. Password!.Seal(KemKey, [.. _share, .. clear], _kem.Public)];
        Await(PairingStage.Checking, now);
        _next = Kind.Ciphertext;
        return new PairingStep(_answer);
    }

    private PairingStep TakeCiphertext(ReadOnlySpan<byte> message, TimeSpan now)
    {
        if (message.Length != CiphertextMessageBytes) return Fail(PairingProblem.Interfered);

        // Whoever has not the code's key can't seal this: another code there, or somebody in between.
        if (Password!.Open(KemCiphertext, [.. _share, .. _answer], message[1..CiphertextClearBytes]) is not { } ciphertext) return Fail(PairingProblem.WrongCode);
        Span<byte> shared = stackalloc byte[MlKem768.SharedSecretBytes];
        MlKem768.Decapsulate(_kem!, ciphertext, shared);
        Combine(shared, _share, _answer, message[..CiphertextClearBytes]);
        CryptographicOperations.ZeroMemory(shared);
        if (!IsConfirmed(ConfirmInviter, message[CiphertextClearBytes..])) return Fail(PairingProblem.Interfered);
        Await(PairingStage.CodeIsRight, now);
        _next = Kind.Invite;
        return new PairingStep([(byte)Kind.Confirmation, .. Hybrid!.Confirm(ConfirmJoiner, Transcript)]);
    }

    private PairingStep TakeInvite(ReadOnlySpan<byte> message, TimeSpan now)
    {
        if (Hybrid!.Open(SealInvite, Transcript, message[1..]) is not { } text) return Fail(PairingProblem.Interfered);
        try
        {
            if (!PairingText.TryRead(text, out var name, out var record) || record.IsEmpty) return Fail(PairingProblem.Interfered);
            Record = GC.AllocateUninitializedArray<byte>(record.Length, pinned: true);
            record.CopyTo(Record);
            Inviter = new PairedDevice(_peer, name);
            Await(PairingStage.CodeIsRight, now);
            _next = Kind.None;
            return default;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private protected override void Wipe()
    {
        base.Wipe();
        _kem?.Dispose();
    }
}
