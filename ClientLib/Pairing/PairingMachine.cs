using System.Security.Cryptography;
using ZeroK.Noise.Internal;
using ZeroK.Wire;

namespace ZeroK.Client.Pairing;

/// <summary>What a machine wants done.</summary>
/// <param name="Send">A message for the other device; null: none.</param>
/// <param name="Close">What to tell the relay and the other device at the end; None: it goes on, or they know.</param>
internal readonly record struct PairingStep(byte[]? Send = null, MailboxEnd Close = MailboxEnd.None);

/// <summary>Who pairs, and where: what both machines are made of.</summary>
/// <param name="Code">The code.</param>
/// <param name="Self">This device.</param>
/// <param name="Name">Its name, for the other device's person.</param>
/// <param name="Relay">The relay's fingerprint, 32 bytes: a pairing at one relay is worth nothing at another.</param>
internal sealed record PairingParty(PairingCode Code, DeviceId Self, string Name, ReadOnlyMemory<byte> Relay)
{
    /// <summary>A constant: a name is not for logs.</summary>
    public override string ToString() => "[pairing party]";
}

/// <summary>One side of a pairing, without I/O: messages and time in, messages and a verdict out. docs/PROTOCOL.md, Pairing.</summary>
/// <remarks>One message that does not fit ends it, whatever it was: nobody guesses twice. Times are since the code was made, or since the joiner began.</remarks>
internal abstract class PairingMachine : IDisposable
{
    /// <summary>How long a code waits for its one use, and all that follows.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>How long each side waits for the other one's next message once both are there.</summary>
    public static readonly TimeSpan StepTime = TimeSpan.FromMinutes(1);

    public const byte Version = 1;
    protected const int IdBytes = DeviceId.Size;
    protected const int SidBytes = 16;

    /// <summary>kind, version, sid, share, device id.</summary>
    public const int ShareMessageBytes = 1 + 1 + SidBytes + CPace.ShareBytes + IdBytes;

    /// <summary>kind, share, device id, tag, sealed KEM key.</summary>
    public const int AnswerMessageBytes = AnswerClearBytes + MlKem768.PublicKeyBytes + TagBytes;

    /// <summary>kind, sealed ciphertext, confirmation.</summary>
    public const int CiphertextMessageBytes = CiphertextClearBytes + PairingKeys.TagBytes;

    protected const int AnswerClearBytes = 1 + CPace.ShareBytes + IdBytes + PairingKeys.TagBytes;
    protected const int CiphertextClearBytes = 1 + MlKem768.CiphertextBytes + TagBytes;
    protected const int TagBytes = 16;
    private protected const int KemKey = 0, KemCiphertext = 1;
    private protected const int ConfirmInviter = 0, ConfirmJoiner = 1, SealInvite = 2, SealAnswer = 3;

    private readonly PairingParty _party;
    private TimeSpan _deadline;

    private protected PairingMachine(PairingParty party, TimeSpan now)
    {
        _party = party;
        _deadline = now + Lifetime;
        End = now + Lifetime;
    }

    /// <summary>The messages' first byte: their place in the order.</summary>
    protected enum Kind : byte
    {
        None = 0,
        Share = 1,
        Answer = 2,
        Ciphertext = 3,
        Confirmation = 4,
        Invite = 5,
        Joined = 6,
    }

    /// <summary>How far it is.</summary>
    public PairingStage Stage { get; private protected set; }

    /// <summary>Why it came to nothing; None: it did not.</summary>
    public PairingProblem Problem { get; private set; }

    /// <summary>Whether nothing more comes of it.</summary>
    public bool IsOver => Problem != PairingProblem.None || Stage == PairingStage.Done;

    /// <summary>When all of it ends.</summary>
    public TimeSpan End { get; }

    private protected CPace? Run { get; private set; }

    private protected byte[] Isk { get; } = GC.AllocateArray<byte>(CPace.KeyBytes, pinned: true);

    private protected PairingKeys? Password { get; set; }

    private protected PairingKeys? Hybrid { get; set; }

    /// <summary>SHA-512 over all messages up to the ciphertext.</summary>
    private protected byte[] Transcript { get; set; } = [];

    private protected DeviceId Self => _party.Self;

    private protected string Name => _party.Name;

    private static ReadOnlySpan<byte> PlaceLabel => "0ksync/1 pairing"u8;

    private static ReadOnlySpan<byte> InviterLabel => "0ksync/1 pairing inviter"u8;

    private static ReadOnlySpan<byte> JoinerLabel => "0ksync/1 pairing joiner"u8;

    /// <summary>Takes a message of the other device.</summary>
    public PairingStep Receive(ReadOnlySpan<byte> message, TimeSpan now)
    {
        if (Tick(now) is { Close: not MailboxEnd.None } late) return late;
        if (IsOver) return default;
        var step = message.IsEmpty ? Fail(PairingProblem.Interfered) : Take((Kind)message[0], message, now);
        if (IsOver) Wipe();
        return step;
    }

    /// <summary>Time passes.</summary>
    public PairingStep Tick(TimeSpan now) => !IsOver && now >= _deadline ? Fail(PairingProblem.Expired) : default;

    /// <summary>A person cancels, or this side can't go on.</summary>
    public PairingStep Cancel(PairingProblem why = PairingProblem.Cancelled) => IsOver ? default : Fail(why);

    /// <summary>The relay says that the mailbox is over.</summary>
    public void Ended(MailboxEnd end)
    {
        if (!IsOver) Fail(ProblemOf(end));
    }

    /// <inheritdoc/>
    public void Dispose() => Wipe();

    /// <summary>What a hint of the relay means.</summary>
    internal static PairingProblem ProblemOf(MailboxEnd end) => end switch
    {
        MailboxEnd.WrongCode => PairingProblem.WrongCode,
        MailboxEnd.Cancelled => PairingProblem.Cancelled,
        MailboxEnd.NotTaken => PairingProblem.NotTaken,
        MailboxEnd.OtherVersion => PairingProblem.OtherVersion,
        MailboxEnd.Expired => PairingProblem.Expired,
        MailboxEnd.PeerLeft or MailboxEnd.Done => PairingProblem.PeerLeft,
        _ => PairingProblem.Interfered,
    };

    private protected abstract PairingStep Take(Kind kind, ReadOnlySpan<byte> message, TimeSpan now);

    private protected PairingStep Fail(PairingProblem why)
    {
        Problem = why;
        Wipe();
        return new PairingStep(Close: why switch
        {
            PairingProblem.WrongCode => MailboxEnd.WrongCode,
            PairingProblem.Cancelled => MailboxEnd.Cancelled,
            PairingProblem.NotTaken => MailboxEnd.NotTaken,
            PairingProblem.OtherVersion => MailboxEnd.OtherVersion,
            PairingProblem.Expired => MailboxEnd.Expired,
            _ => MailboxEnd.Interfered,
        });
    }

    /// <summary>The other device was heard: its next message is due.</summary>
    private protected void Await(PairingStage stage, TimeSpan now)
    {
        Stage = stage;
        _deadline = now + StepTime < End ? now + StepTime : End;
    }

    private protected CPace BeginRun(ReadOnlySpan<byte> sid, PairingRandom random)
    {
        Span<byte> wide = stackalloc byte[CPace.WideScalarBytes];
        var password = _party.Code.Password();
        try
        {
            random.Fill(wide);
            return Run = CPace.Begin(password, [.. PlaceLabel, .. _party.Relay.Span, .. _party.Code.Mailbox()], sid, wide);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(wide);
            CryptographicOperations.ZeroMemory(password);
        }
    }

    /// <summary>The key of the password; false for a share that is none.</summary>
    private protected bool TryAgree(ReadOnlySpan<byte> peer, ReadOnlySpan<byte> inviterShare, ReadOnlySpan<byte> inviter, ReadOnlySpan<byte> joinerShare, ReadOnlySpan<byte> joiner)
    {
        if (!Run!.TryAgree(peer, new(inviterShare, [.. InviterLabel, .. inviter]), new(joinerShare, [.. JoinerLabel, .. joiner]), Isk)) return false;
        Password = PairingKeys.OfPassword(Isk);
        return true;
    }

    /// <summary>The joiner's proof that it has the password's key.</summary>
    private protected byte[] JoinerTag(ReadOnlySpan<byte> joinerShare, ReadOnlySpan<byte> joiner)
    {
        var tag = new byte[PairingKeys.TagBytes];
        Run!.Confirm(Isk, new(joinerShare, [.. JoinerLabel, .. joiner]), tag);
        return tag;
    }

    private protected void Combine(ReadOnlySpan<byte> shared, byte[] share, byte[] answer, ReadOnlySpan<byte> ciphertext)
    {
        Transcript = SHA512.HashData([.. share, .. answer, .. ciphertext]);
        Hybrid = PairingKeys.Hybrid(Isk, shared, Transcript);
    }

    /// <summary>Whether a message is this side's proof of the hybrid key.</summary>
    private protected bool IsConfirmed(int key, ReadOnlySpan<byte> tag) => CryptographicOperations.FixedTimeEquals(Hybrid!.Confirm(key, Transcript), tag);

    private protected virtual void Wipe()
    {
        Run?.Dispose();
        CryptographicOperations.ZeroMemory(Isk);
        Password?.Dispose();
        Hybrid?.Dispose();
    }
}
