using CsCheck;
using Xunit;
using ZeroK.Client.Session;
using ZeroK.Client.Tests.Fakes;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests;

public sealed class SessionMachineTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500), Max = TimeSpan.FromSeconds(30);

    private static readonly RelayEndpoint Elsewhere = new("node.example", 4850);

    private static readonly SessionInput[] Inputs =
    [
        new SessionInput.Start(), new SessionInput.Dialed(TransportKind.Tcp, "no QUIC"), new SessionInput.Welcomed(), new SessionInput.CaughtUp(), new SessionInput.Behind(),
        new SessionInput.Failed(false, ErrorCode.None, 0, "broke"), new SessionInput.Failed(true, ErrorCode.Unauthorized, 0, "refused"), new SessionInput.Elapsed(), new SessionInput.Stop(), new SessionInput.Again(), new SessionInput.Pause(),
        new SessionInput.Welcomed(Elsewhere), new SessionInput.Moved(TransportKind.Quic, null), new SessionInput.Stayed(),
    ];

    // Rows: how to get there (a letter an input, from 'a'), then for each input (in the order above) the state after it; '-' stays, with no effect.
    [Theory]
    [InlineData("", "Connecting - - - - - - - - - - - - -")]
    [InlineData("a", "- Handshaking - - - BackingOff Refused - Disconnected - Disconnected - - -")]
    [InlineData("ab", "- - Syncing - - BackingOff Refused - Disconnected - Disconnected Handshaking - -")]
    [InlineData("abl", "- - - - - BackingOff Refused - Disconnected - Disconnected - Syncing Syncing")]
    [InlineData("abc", "- - - Live - BackingOff Refused - Disconnected - Disconnected - - -")]
    [InlineData("ablm", "- - - Live - BackingOff Refused - Disconnected - Disconnected - - -")]
    [InlineData("abln", "- - - Live - BackingOff Refused - Disconnected - Disconnected - - -")]
    [InlineData("abcd", "- - - - Syncing BackingOff Refused - Disconnected - Disconnected - - -")]
    [InlineData("ablmd", "- - - - Syncing BackingOff Refused - Disconnected - Disconnected - - -")]
    [InlineData("af", "- - - - - - - Connecting Disconnected Connecting Disconnected - - -")]
    [InlineData("ablf", "- - - - - - - Connecting Disconnected Connecting Disconnected - - -")]
    [InlineData("ablmf", "- - - - - - - Connecting Disconnected Connecting Disconnected - - -")]
    [InlineData("ag", "- - - - - - - - Disconnected Connecting Disconnected - - -")]
    [InlineData("ai", "Connecting - - - - - - - - - - - - -")]
    public void Table_of_states(string path, string expected)
    {
        var row = expected.Split(' ');
        for (var i = 0; i < Inputs.Length; i++)
        {
            var machine = Machine();
            foreach (var step in path) machine.Step(Inputs[step - 'a'], Now, 0.5);
            var before = machine.State;
            var effects = machine.Step(Inputs[i], Now, 0.5);
            if (row[i] == "-") Assert.True(machine.State == before && effects.Count == 0, $"After '{path}', input {i} must change nothing.");
            else Assert.Equal((path, i, row[i]), (path, i, machine.State.ToString()));
        }
    }

    [Fact]
    public void Whatever_happens_the_machine_is_never_stuck()
    {
        // In every state something is under way or a wait was ordered, but where only a person can help, or it was stopped.
        Gen.Int[0, 11].Select(i => i < 8 ? i : i == 8 ? 9 : i + 2).List[0, 40].Sample(
            steps =>
            {
                var machine = Machine();
                machine.Step(new SessionInput.Start(), Now, 0.5);
                SessionEffect? last = new SessionEffect.Dial([]);
                foreach (var step in steps)
                {
                    var effects = machine.Step(Inputs[step], Now, 0.5);
                    if (effects.Count > 0) last = effects[^1];
                }

                return machine.State switch
                {
                    SyncState.Connecting => last is SessionEffect.Dial,
                    SyncState.Handshaking => last is SessionEffect.Greet or SessionEffect.Follow,
                    SyncState.Syncing or SyncState.Live => last is SessionEffect.Sync,
                    SyncState.BackingOff => last is SessionEffect.Wait && machine.NextTryAt is not null,
                    SyncState.Refused => last is SessionEffect.Tell { Happened: Refused },
                    _ => false,
                };
            },
            iter: 2000, seed: "0000KOIPe036", threads: 1);
    }

    [Fact]
    public void Waits_grow_to_the_bound_and_never_above_it()
    {
        for (var failures = 0; failures < 100; failures++)
        {
            Assert.Equal(TimeSpan.Zero, SessionMachine.FullJitter(failures, First, Max, 0));
            var longest = SessionMachine.FullJitter(failures, First, Max, 1);
            Assert.Equal(Math.Min(30_000, 500 * Math.Pow(2, failures)), longest.TotalMilliseconds, 3);
        }
    }

    [Fact]
    public void Failures_count_until_a_session_has_proved_itself()
    {
        var machine = Machine();
        for (var i = 0; i < 3; i++)
        {
            machine.Step(i == 0 ? Inputs[0] : Inputs[7], Now, 1);
            machine.Step(Inputs[5], Now, 1);
        }

        Assert.Equal(3, machine.Failures);
        Assert.Equal(Now + TimeSpan.FromSeconds(2), machine.NextTryAt);
        foreach (var step in new[] { 7, 1, 2 }) machine.Step(Inputs[step], Now, 1);
        Assert.Equal((3, null, TransportKind.Tcp, "no QUIC"), (machine.Failures, machine.LastError, machine.Transport, machine.WhyNotQuic));
    }

    // A relay that says WELCOME and then breaks each session is waited for longer and longer, not dialed for ever at once.
    [Fact]
    public void Sessions_that_break_right_after_welcome_are_tried_less_and_less_often()
    {
        var machine = Machine();
        machine.Step(Inputs[0], Now, 1);
        var (now, tries) = (Now, 0);
        for (; now < Now + TimeSpan.FromMinutes(10); tries++)
        {
            machine.Step(Inputs[1], now, 1);
            machine.Step(Inputs[2], now, 1);
            machine.Step(Inputs[3], now, 1);
            machine.Step(Inputs[5], now, 1);
            now = machine.NextTryAt!.Value;
            machine.Step(Inputs[7], now, 1);
        }

        Assert.InRange(tries, 20, 30);

        // One that lasted counts as proved: what broke it is tried again soon.
        machine.Step(Inputs[1], now, 1);
        machine.Step(Inputs[2], now, 1);
        machine.Step(Inputs[5], now + Max, 1);
        Assert.Equal(now + Max + First, machine.NextTryAt);
    }

    [Theory]
    [InlineData(2000u, 2000, 2500)]
    [InlineData(uint.MaxValue, 30_000, 31_000)]
    public void Relay_may_ask_for_a_wait_within_the_bound(uint asked, double least, double most)
    {
        foreach (var random in new[] { 0.0, 1.0 })
        {
            var machine = Machine();
            machine.Step(Inputs[0], Now, 0);
            var wait = Assert.IsType<SessionEffect.Wait>(machine.Step(new SessionInput.Failed(false, ErrorCode.RelayOverloaded, asked, "busy"), Now, random)[^1]);
            Assert.InRange(wait.Delay.TotalMilliseconds, least, most);
        }
    }

    private static SessionMachine Machine() => new(Rig.Address, First, Max);
}
