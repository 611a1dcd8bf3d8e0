using Xunit;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Tests.Faults;

/// <summary>Commands exactly as Pumba takes them: its options, their order, its limits.</summary>
public sealed class PumbaTests
{
    private static readonly ContainerTarget Relay = ContainerTarget.Named("relay");
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<string, ContainerFault, ContainerTarget> Commands => new()
    {
        { "kill --signal SIGKILL relay", new KillFault(), Relay },
        { "kill --signal SIGTERM --limit 2 re2:^zerok-client", new KillFault("SIGTERM"), ContainerTarget.Matching("^zerok-client") with { Limit = 2 } },
        { "stop --time 5 relay client-1", new StopFault(), ContainerTarget.Named("relay", "client-1") },
        { "stop --time 30 --restart --duration 10s relay", new StopFault(30, TimeSpan.FromSeconds(10)), Relay },
        { "pause --duration 1500ms relay", new PauseFault(TimeSpan.FromMilliseconds(1500)), Relay },
        { "rm --force=true --volumes=true relay", new RemoveFault(), Relay },
        { "rm --force=false --links --volumes=false relay", new RemoveFault(false, false, true), Relay },
        { "--label zerok.run=7 --random kill --signal SIGKILL re2:.*", new KillFault(), ContainerTarget.Labelled("zerok.run", "7") with { Random = true } },
        { "--label a --label b=c pause --duration 60s re2:^r", new PauseFault(Minute), ContainerTarget.Matching("^r").WithLabel("a").WithLabel("b", "c") },
        { "netem --duration 60s --interface eth0 --pull-image=false delay --time 200 --jitter 50 --correlation 25 --distribution normal relay", new NetemFault(new NetemDelay(200, 50, 25, "normal"), Minute), Relay },
        { "netem --duration 60s --interface eth1 --pull-image=false delay --time 200 --jitter 0 --correlation 0 relay", new NetemFault(new NetemDelay(200), Minute) { Interface = "eth1" }, Relay },
        { "netem --duration 60s --interface eth0 --pull-image=false loss --percent 20 --correlation 0 relay", new NetemFault(new NetemLoss(20), Minute), Relay },
        { "netem --duration 60s --interface eth0 --pull-image=false loss-gemodel --pg 5 --pb 90 --one-h 85.5 --one-k 0 relay", new NetemFault(new NetemBurstLoss(5, 90, 85.5), Minute), Relay },
        { "netem --duration 60s --interface eth0 --pull-image=false duplicate --percent 0.5 --correlation 10 relay", new NetemFault(new NetemDuplicate(0.5, 10), Minute), Relay },
        { "netem --duration 60s --interface eth0 --pull-image=false corrupt --percent 10 --correlation 0 relay", new NetemFault(new NetemCorrupt(10), Minute), Relay },
        { "netem --duration 60s --interface eth0 --pull-image=false rate --rate 56kbit --packetoverhead -4 --cellsize 53 --celloverhead 5 relay", new NetemFault(new NetemRate("56kbit", -4, 53, 5), Minute), Relay },
        {
            "netem --duration 60s --interface eth0 --target 10.7.0.2 --target 10.8.0.0/24 --egress-port 4840,4841 --ingress-port 80 --tc-image local/tc:1 --pull-image=true --limit 1 loss --percent 100 --correlation 0 re2:.*",
            new NetemFault(new NetemLoss(100), Minute) { Targets = ["10.7.0.2", "10.8.0.0/24"], EgressPorts = [4840, 4841], IngressPorts = [80], TcImage = "local/tc:1", PullImage = true },
            ContainerTarget.Matching(".*") with { Limit = 1 }
        },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_fault_becomes_the_command_that_Pumba_takes(string expected, ContainerFault fault, ContainerTarget target)
    {
        var command = Pumba.Command(fault, target);
        Assert.Equal("pumba", command.Program);
        Assert.Equal(expected, string.Join(' ', command.Arguments));
    }

    public static TheoryData<ContainerFault> Refused =>
    [
        new KillFault("KILL"), new KillFault(""), new StopFault(-1), new PauseFault(TimeSpan.Zero), new StopFault(5, TimeSpan.FromSeconds(-1)),
        new NetemFault(new NetemDelay(0), Minute), new NetemFault(new NetemDelay(10, 11), Minute), new NetemFault(new NetemDelay(10, 0, 0, "flat"), Minute),
        new NetemFault(new NetemLoss(101), Minute), new NetemFault(new NetemLoss(double.NaN), Minute), new NetemFault(new NetemCorrupt(-1), Minute), new NetemFault(new NetemRate("fast"), Minute),
        new NetemFault(new NetemLoss(1), Minute) { Interface = "eth0; rm" }, new NetemFault(new NetemLoss(1), Minute) { Targets = ["nowhere"] }, new NetemFault(new NetemLoss(1), TimeSpan.Zero),
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_Pumba_would_refuse_is_refused_here(ContainerFault fault)
    {
        Assert.Throws<ArgumentException>(() => Pumba.Command(fault, Relay));
    }

    [Fact]
    public void A_target_that_could_be_read_as_something_else_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ContainerTarget.Named());
        Assert.Throws<ArgumentException>(() => ContainerTarget.Named("--force"));
        Assert.Throws<ArgumentException>(() => ContainerTarget.Named("re2:.*"));
        Assert.Throws<ArgumentException>(() => ContainerTarget.Matching(""));
        Assert.Throws<ArgumentException>(() => ContainerTarget.Matching("a(?=b)"));
        Assert.Throws<ArgumentException>(() => ContainerTarget.Labelled("a", "b,c=d"));
    }

    [Fact]
    public void The_daemons_socket_comes_first_and_a_person_can_paste_the_command()
    {
        var command = Pumba.Command(new KillFault(), ContainerTarget.Matching("^it's$"), "unix:///run/d.sock");
        Assert.Equal("""pumba --host unix:///run/d.sock kill --signal SIGKILL 're2:^it'\''s$'""", command.ToString());
    }
}
