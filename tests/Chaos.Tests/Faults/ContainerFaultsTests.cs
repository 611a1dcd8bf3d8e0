using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Tests.Faults;

/// <summary>Pumba's verbs on an engine in memory.</summary>
public sealed class ContainerFaultsTests
{
    private readonly MemoryEngine _engine = new();
    private readonly FakeTimeProvider _time = new();

    private ContainerFaults Faults(int seed = 1) => new(_engine, new Random(seed), _time);

    [Fact]
    public async Task A_kill_hits_the_named_running_containers_and_nothing_else()
    {
        var hit = await Faults().ApplyAsync(new KillFault("SIGTERM"), ContainerTarget.Matching("^client"), TestContext.Current.CancellationToken);
        Assert.Equal(["client-1", "client-2"], hit);
        Assert.Equal(["kill client-1 SIGTERM", "kill client-2 SIGTERM"], _engine.Calls.Order());
    }

    [Fact]
    public async Task Labels_narrow_what_a_pattern_means()
    {
        Assert.Equal(["client-2"], await Faults().ApplyAsync(new KillFault(), ContainerTarget.Matching(".*").WithLabel("run", "8"), TestContext.Current.CancellationToken));
        Assert.Equal(["client-1", "client-2", "relay"], await Faults().ApplyAsync(new KillFault(), ContainerTarget.Labelled("run"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_pause_ends_by_itself()
    {
        var pausing = Faults().ApplyAsync(new PauseFault(TimeSpan.FromSeconds(5)), ContainerTarget.Named("relay"), TestContext.Current.CancellationToken);
        Assert.Equal(["pause relay"], _engine.Calls);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(pausing.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await pausing;
        Assert.Equal(["pause relay", "unpause relay"], _engine.Calls);
    }

    [Fact]
    public async Task A_pause_that_is_given_up_is_undone()
    {
        using var stop = new CancellationTokenSource();
        var pausing = Faults().ApplyAsync(new PauseFault(TimeSpan.FromHours(1)), ContainerTarget.Named("relay"), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pausing);
        Assert.Equal(["pause relay", "unpause relay"], _engine.Calls);
    }

    [Fact]
    public async Task A_stop_starts_again_where_wanted()
    {
        var stopping = Faults().ApplyAsync(new StopFault(7, TimeSpan.FromSeconds(1)), ContainerTarget.Named("relay"), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));
        await stopping;
        Assert.Equal(["stop relay 7", "start relay"], _engine.Calls);
    }

    [Fact]
    public async Task A_removal_takes_stopped_containers_too()
    {
        Assert.Equal(["old"], await Faults().ApplyAsync(new RemoveFault(), ContainerTarget.Named("old"), TestContext.Current.CancellationToken));
        Assert.Equal(["rm old True True"], _engine.Calls);
    }

    [Fact]
    public async Task The_seed_decides_which_one_is_hit_by_chance()
    {
        async Task<string> ByChanceAsync(int seed) => Assert.Single(await Faults(seed).ApplyAsync(new KillFault(), ContainerTarget.Labelled("run") with { Random = true }, TestContext.Current.CancellationToken));
        var first = new List<string>();
        for (var seed = 0; seed < 20; seed++)
        {
            first.Add(await ByChanceAsync(seed));
            Assert.Equal(first[^1], await ByChanceAsync(seed));
        }

        Assert.True(first.Distinct().Count() > 1);
        Assert.Equal(2, (await Faults().ApplyAsync(new KillFault(), ContainerTarget.Labelled("run") with { Limit = 2 }, TestContext.Current.CancellationToken)).Count);
    }

    [Fact]
    public async Task A_fault_that_would_hit_nothing_fails()
    {
        var failed = await Assert.ThrowsAsync<ContainerFaultException>(() => Faults().ApplyAsync(new KillFault(), ContainerTarget.Named("old"), TestContext.Current.CancellationToken));
        Assert.Contains("old", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Netem_says_what_to_do_instead()
    {
        var failed = await Assert.ThrowsAsync<ContainerFaultException>(() => Faults().ApplyAsync(new NetemFault(new NetemLoss(20), TimeSpan.FromSeconds(30)), ContainerTarget.Named("relay"), TestContext.Current.CancellationToken));
        Assert.Contains("toxics", failed.Message, StringComparison.Ordinal);
        Assert.Contains("pumba netem --duration 30s", failed.Message, StringComparison.Ordinal);
        Assert.Empty(_engine.Calls);
    }

    private sealed class MemoryEngine : IContainerEngine
    {
        private readonly Lock _lock = new();

        public List<string> Calls { get; } = [];

        public Task<IReadOnlyList<ContainerInfo>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ContainerInfo>>(
        [
            Of("relay", "7"), Of("client-2", "8"), Of("client-1", "7"), Of("other", null), Of("old", "7", running: false),
        ]);

        public Task KillAsync(string id, string signal, CancellationToken cancellationToken) => Note($"kill {id} {signal}");

        public Task StopAsync(string id, TimeSpan grace, CancellationToken cancellationToken) => Note(FormattableString.Invariant($"stop {id} {grace.TotalSeconds}"));

        public Task StartAsync(string id, CancellationToken cancellationToken) => Note($"start {id}");

        public Task PauseAsync(string id, CancellationToken cancellationToken) => Note($"pause {id}");

        public Task UnpauseAsync(string id, CancellationToken cancellationToken) => Note($"unpause {id}");

        public Task RemoveAsync(string id, bool force, bool volumes, CancellationToken cancellationToken) => Note($"rm {id} {force} {volumes}");

        private static ContainerInfo Of(string name, string? run, bool running = true) =>
            new(name, name, run is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["run"] = run }, running);

        private Task Note(string call)
        {
            lock (_lock) Calls.Add(call);
            return Task.CompletedTask;
        }
    }
}
