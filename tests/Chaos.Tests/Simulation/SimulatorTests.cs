using System.Globalization;
using Xunit;
using ZeroK.Chaos.Simulation;

namespace ZeroK.Chaos.Tests.Simulation;

public sealed class SimulatorTests
{
    public static TheoryData<string> Bugs => [.. PlantedBugs.All.Select(b => b.Name)];

    [Fact]
    public void Seed_replays_step_by_step()
    {
        for (var seed = 1L; seed <= 20; seed++)
        {
            using var first = new StringWriter(CultureInfo.InvariantCulture);
            using var second = new StringWriter(CultureInfo.InvariantCulture);
            Assert.Equal(Simulator.Run(seed, trace: first).Fingerprint, Simulator.Run(seed, trace: second).Fingerprint);
            Assert.Equal(first.ToString(), second.ToString());
        }
    }

    [Fact]
    public void Many_seeds_keep_every_promise_under_faults()
    {
        var outcomes = Enumerable.Range(1, 500).Select(seed => Simulator.Run(seed)).ToList();
        Assert.Empty(outcomes.Where(o => !o.Passed).Select(o => o.Seed + ": " + o.Findings[0]));
        Assert.True(outcomes.Sum(o => o.Faults) > 5000, "The nemesis slept.");
        Assert.True(outcomes.Sum(o => o.Pushes) > 10_000, "Nobody pushed.");
    }

    [Fact]
    public void Devices_that_follow_hints_to_another_node_and_that_do_not_get_there_keep_every_promise()
    {
        var (moved, stayed) = (0, 0);
        foreach (var seed in Enumerable.Range(1, 2000).Select(s => (long)s).Where(Simulator.HasHints))
        {
            using var trace = new StringWriter(CultureInfo.InvariantCulture);
            var outcome = Simulator.Run(seed, trace: trace);
            Assert.True(outcome.Passed, $"{seed}: {string.Join("; ", outcome.Findings)}");
            moved += Count(trace, "  moved ");
            stayed += Count(trace, "  stayed ");
        }

        Assert.True(moved > 500, $"{moved} sessions moved.");
        Assert.True(stayed > 100, $"{stayed} sessions stayed.");

        static int Count(StringWriter trace, string what) => trace.ToString().Split(what).Length - 1;
    }

    // A disk that fails in a session's own step ends that session, and not the simulation.
    [Fact]
    public void Seeds_whose_disks_fail_anywhere_run_to_their_end()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        Assert.Equal(0, SimulationRun.Many(103_280, 10, TimeSpan.FromMinutes(5), output));
        Assert.Contains("10 histories", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Planted_bug_is_found(string name)
    {
        var create = PlantedBugs.All.Single(b => b.Name == name).Create;
        var found = SimulationRun.Find(create, 1, TimeSpan.FromSeconds(60));
        Assert.NotNull(found);

        // It is the bug that breaks the promise, not the seed.
        Assert.True(Simulator.Run(found.Seed).Passed);
        Assert.Equal(found.Fingerprint, Simulator.Run(found.Seed, create()).Fingerprint);
    }

    // Each of these broke a promise of the real rules once.
    [Theory]
    [InlineData(2, "two pushes under way to a relay that did not know the device: the second was taken first, and the first refused for ever")]
    [InlineData(31, "an activation that had been superseded without knowing it answered HELLO with an old head: a false alarm of a rollback")]
    [InlineData(180, "a device joined, read nothing, and all expired: nothing was reported")]
    [InlineData(235, "an old activation refused a device for good that had joined at the new one")]
    [InlineData(1458, "what the log had trimmed before a device joined was reported as missed")]
    [InlineData(2613, "what expired at the one relay before a device had read from it, of a sender that it did not know, was not reported")]
    [InlineData(20261123000084, "what had been forgotten before a device joined was reported as omitted when another relay had shown later blobs first")]
    [InlineData(20261123000155, "all expired at both relays before a device had read from either: nothing was reported")]
    [InlineData(20261123015082, "a commit of the inbox held though it said that it failed, and the next WELCOME set the read cursor back: false alarms of a replay")]
    [InlineData(20261123017132, "what expired at one relay was reported as omitted there after another relay had shown something of its sender")]
    [InlineData(20261123019262, "a commit of the relay without new cursors failed, the next one held: a device's last sequence was lost, and the device refused for good")]
    [InlineData(20261123022352, "what expired after a sender's blobs had all gone into quarantine was reported as omitted")]
    [InlineData(20261123294168, "what could be opened late was taken for what its relay had shown last: an omission was reported where blobs had expired")]
    [InlineData(20261123295978, "what had been trimmed while a device that joined late was reading was reported as missed")]
    [InlineData(20261123047925, "what had been forgotten and trimmed before a device joined was reported as missed")]
    [InlineData(1735, "a blob that named another predecessor than the one that came was taken without a word where it ended a hole of deleted blobs")]
    public void Seed_of_a_bug_that_was_mended_keeps_every_promise(long seed, string bug)
    {
        var outcome = Simulator.Run(seed);
        Assert.True(outcome.Passed, $"{bug} (seed {seed}): {string.Join("; ", outcome.Findings)}");
    }
}
