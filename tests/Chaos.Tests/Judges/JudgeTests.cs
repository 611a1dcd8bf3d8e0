using System.Security.Cryptography;
using System.Text;
using Xunit;
using ZeroK.Chaos.History;
using ZeroK.Chaos.Judges;

namespace ZeroK.Chaos.Tests.Judges;

/// <summary>The judges, each shown red on the bug that it is there for.</summary>
public sealed class JudgeTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    private static readonly Dictionary<Mutant, Func<RunHistory, Verdict>> Catchers = new()
    {
        [Mutant.RelayDropsAcknowledgedBlob] = HistoryJudges.NothingLost,
        [Mutant.RelayRepeatsCursor] = HistoryJudges.CursorsUnique,
        [Mutant.RelaySkipsCursor] = HistoryJudges.CursorsGapFree,
        [Mutant.RelayGivesTwoCursors] = HistoryJudges.CursorsUnique,
        [Mutant.RelayReorders] = HistoryJudges.OrderKept,
        [Mutant.ClientAppliesTwice] = HistoryJudges.NothingTwice,
        [Mutant.ClientSkipsBlob] = HistoryJudges.CursorsGapFree,
        [Mutant.ClientGetsOtherBytes] = HistoryJudges.ByteForByte,
        [Mutant.ClientInventsBlob] = HistoryJudges.ByteForByte,
        [Mutant.ClientForgetsToSend] = HistoryJudges.NothingLost,
        [Mutant.ClientGoesBack] = HistoryJudges.Monotonic,
        [Mutant.VectorsDiverge] = HistoryJudges.Converged,
    };

    [Theory, MemberData(nameof(Seeds))]
    public void A_clean_run_passes_every_judge(int seed)
    {
        var history = new ModelRun(seed, Mutant.None).Run();
        Assert.All(HistoryJudges.All, j => Assert.True(j.Decide(history).Passed, j.Decide(history).ToString()));
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Every_planted_bug_is_caught_by_its_judge_with_a_short_counter_example(int seed)
    {
        foreach (var mutant in Enum.GetValues<Mutant>().Where(m => m != Mutant.None))
        {
            var verdict = Catchers[mutant](new ModelRun(seed, mutant).Run());
            Assert.False(verdict.Passed, $"{mutant} was not caught (seed {seed})");
            Assert.NotEmpty(verdict.Findings);
            Assert.InRange(verdict.Findings[0].CounterExample.Count, 1, 2);
        }
    }

    [Fact]
    public void Nothing_to_judge_is_red_for_every_judge()
    {
        Assert.All(HistoryJudges.All, j => Assert.False(j.Decide(new RunHistory()).Passed));
        Assert.False(MarkerJudge.Decide([new byte[15]], [new ByteSource("empty", default)]).Passed);
        Assert.False(ResourceJudge.Decide(new(-1, -1, -1, -1, -1), new(1, 1, 1, 1, 1), new()).Passed);
    }

    [Fact]
    public void A_blob_that_was_not_acknowledged_before_a_crash_may_come_again()
    {
        var delivery = new Delivery("B", "A", 1, 1, "00", 1, null);
        Assert.True(HistoryJudges.NothingTwice(new RunHistory { Deliveries = [delivery, delivery with { AtUs = 2, AckedUs = 3 }] }).Passed);
        Assert.False(HistoryJudges.NothingTwice(new RunHistory { Deliveries = [delivery with { AckedUs = 2 }, delivery with { AtUs = 3 }] }).Passed);
    }

    [Fact]
    public void A_push_of_unknown_outcome_may_be_missing_and_a_reported_gap_is_no_loss()
    {
        var push = new PushCall("A", 1, "00", 1, null, CallOutcome.Unknown, 0);
        EndState[] ends = [new("A", "", 5, 5, 0), new("B", "", 5, 5, 0)];
        Assert.True(HistoryJudges.NothingLost(new RunHistory { Pushes = [push], Ends = ends }).Passed);
        var acknowledged = push with { Outcome = CallOutcome.Acknowledged, Cursor = 3 };
        Assert.False(HistoryJudges.NothingLost(new RunHistory { Pushes = [acknowledged], Ends = ends }).Passed);
        Assert.True(HistoryJudges.NothingLost(new RunHistory { Pushes = [acknowledged], Ends = ends, Gaps = [new("B", 2, 4, "expired")] }).Passed);
    }

    public static TheoryData<string> Leaks => ["plain", "UTF-16", "hex", "HEX", "base64", "base64url"];

    [Theory, MemberData(nameof(Leaks))]
    public void A_relay_that_logs_a_payload_is_caught_in_every_form_and_alignment(string form)
    {
        var marker = Encoding.ASCII.GetBytes(MarkerJudge.NewMarker());
        for (var before = 0; before < 7; before++)
        {
            byte[] payload = [.. RandomNumberGenerator.GetBytes(before), .. marker, .. RandomNumberGenerator.GetBytes(5)];
            byte[] leaked = form switch
            {
                "plain" => payload,
                "UTF-16" => Encoding.Unicode.GetBytes(Encoding.Latin1.GetString(payload)),
                "hex" => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(payload)),
                "HEX" => Encoding.ASCII.GetBytes(Convert.ToHexString(payload)),
                "base64" => Encoding.ASCII.GetBytes(Convert.ToBase64String(payload)),
                _ => Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(payload)),
            };
            Assert.False(MarkerJudge.Decide([marker], [new ByteSource("relay.log", (byte[])[.. "push of "u8, .. leaked, 10])]).Passed, $"{form}, {before} bytes before");
        }

        Assert.True(MarkerJudge.Decide([marker], [new ByteSource("relay.log", RandomNumberGenerator.GetBytes(100_000))]).Passed);
    }

    [Fact]
    public void A_leak_of_anything_is_caught_and_the_allowance_is_allowed()
    {
        var before = new ResourceUse(100, 10, 10, 2, 2);
        var allowance = new ResourceAllowance(50, 2, 3);
        Assert.True(ResourceJudge.Decide(before, new(150, 12, 13, 2, 2), allowance).Passed);
        foreach (var leak in (ResourceUse[])[new(151, 12, 13, 2, 2), new(150, 13, 13, 2, 2), new(150, 12, 14, 2, 2), new(150, 12, 13, 3, 2), new(150, 12, 13, 2, 3)])
            Assert.False(ResourceJudge.Decide(before, leak, allowance).Passed);
    }

    [Fact]
    public void The_recorder_keeps_what_it_is_told()
    {
        var recorder = new HistoryRecorder(TimeProvider.System);
        recorder.Pushed("A", 1, "aa", 0);
        recorder.Pushed("A", 2, "bb", 0);
        recorder.PushEnded("A", 1, CallOutcome.Acknowledged, 7);
        recorder.Delivered("B", "A", 1, 7, "aa");
        recorder.Acked("B", "A", 1);
        var history = recorder.Snapshot();
        Assert.Equal([CallOutcome.Acknowledged, CallOutcome.Unknown], history.Pushes.OrderBy(p => p.Sequence).Select(p => p.Outcome));
        Assert.NotNull(history.Deliveries[0].AckedUs);
        Assert.NotEqual(HistoryRecorder.Digest("a", "b"u8), HistoryRecorder.Digest("ab", ""u8));
        Assert.NotEqual(HistoryRecorder.Digest(null, ""u8), HistoryRecorder.Digest("", ""u8));
    }
}
