using System.Security.Cryptography;
using ZeroK.Noise.Internal;
using ZeroK.Wire;

namespace ZeroK.Client.Pairing;

/// <summary>The side that has the group: speaks first, checks the other one's code, and gives the invite last.</summary>
internal sealed class PairingInviter : PairingMachine
{
    private readonly byte[] _record;
    private readonly PairingRandom _random;
    private readonly byte[] _share;
    private Kind _next = Kind.Answer;
    private DeviceId _peer;

    /// <summary>Begins. <paramref name="record"/> is wiped at the end.</summary>
    public PairingInviter(PairingParty party, byte[] record, PairingRandom random, TimeSpan now) : base(party, now)
    {
        _record = record;
        _random = random;
        Span<byte> sid = stackalloc byte[SidBytes];
        random.Fill(sid);
        var run = BeginRun(sid, random);
        _share = [(byte)Kind.Share, Version, .. sid, .. run.Share, .. party.Self.ToArray()];
        Stage = PairingStage.Waiting;
    }

    /// <summary>The first message, which waits in the mailbox for whoever comes.</summary>
    public byte[] First => _share;

    /// <summary>Who joined; null until it is done.</summary>
    public PairedDevice? Joined { get; private set; }

    private protected override PairingStep Take(Kind kind, ReadOnlySpan<byte> message, TimeSpan now) => kind != _next ? Fail(PairingProblem.Interfered) : kind switch
    {
        Kind.Answer => TakeAnswer(message, now),
        Kind.Confirmation => TakeConfirmation(message, now),
        Kind.Joined => TakeJoined(message),
        _ => Fail(PairingProblem.Interfered),
    };

    private PairingStep TakeAnswer(ReadOnlySpan<byte> message, TimeSpan now)
    {
        if (message.Length != AnswerMessageBytes) return Fail(PairingProblem.Interfered);
        var share = message.Slice(1, CPace.ShareBytes);
        var id = message.Slice(1 + CPace.ShareBytes, IdBytes);
        if (!TryAgree(share, Run!.Share, Self.ToArray(), share, id)) return Fail(PairingProblem.Interfered);
        if (!CryptographicOperations.FixedTimeEquals(JoinerTag(share, id), message[(1 + CPace.ShareBytes + IdBytes)..AnswerClearBytes])) return Fail(PairingProblem.WrongCode);
        _peer = new DeviceId(id);

        var key = Password!.Open(KemKey, [.. _share, .. message[..AnswerClearBytes]], message[AnswerClearBytes..]);
        if (key is null || !MlKem768.IsPublicKey(key)) return Fail(PairingProblem.Interfered);
        Await(PairingStage.Checking, now);
        _next = Kind.Confirmation;
        return new PairingStep(Encapsulated(key, message.ToArray()));
    }

    private byte[] Encapsulated(byte[] key, byte[] answer)
    {
        Span<byte> coins = stackalloc byte[MlKem768.CoinBytes];
        Span<byte> shared = stackalloc byte[MlKem768.SharedSecretBytes];
        Span<byte> ciphertext = stackalloc byte[MlKem768.CiphertextBytes];
        try
        {
            _random.Fill(coins);
            MlKem768.Encapsulate(key, coins, ciphertext, shared);
            byte[] clear = [(byte)Kind.Ciphertext, .. Password!.Seal(KemCiphertext, [.. _share, .. answer], ciphertext)];
            Combine(shared, _share, answer, clear);
            return [.. clear, .. Hybrid!.Confirm(ConfirmInviter, Transcript)];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(coins);
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    private PairingStep TakeConfirmation(ReadOnlySpan<byte> message, TimeSpan now)
    {
        if (message.Length != 1 + PairingKeys.TagBytes || !IsConfirmed(ConfirmJoiner, message[1..])) return Fail(PairingProblem.Interfered);
        Await(PairingStage.CodeIsRight, now);
        _next = Kind.Joined;
        var text = PairingText.Write(Name, _record);
        try
        {
            return new PairingStep([(byte)Kind.Invite, .. Hybrid!.Seal(SealInvite, Transcript, text)]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private PairingStep TakeJoined(ReadOnlySpan<byte> message)
    {
        if (Hybrid!.Open(SealAnswer, Transcript, message[1..]) is not { } text || !PairingText.TryRead(text, out var name, out var record) || !record.IsEmpty) return Fail(PairingProblem.Interfered);
        Joined = new PairedDevice(_peer, name);
        Stage = PairingStage.Done;
        return new PairingStep(Close: MailboxEnd.Done);
    }

    private protected override void Wipe()
    {
        base.Wipe();
        CryptographicOperations.ZeroMemory(_record);
    }
}
