using System.Net;
using Xunit;
using ZeroK.Chaos.Docker;

namespace ZeroK.Chaos.Tests.Docker;

/// <summary>The docker command lines, word for word. No daemon is needed.</summary>
public sealed class DockerCommandsTests
{
    private static readonly Dictionary<string, string> Labels = new() { [DockerLabels.Suite] = "run", [DockerLabels.Run] = "r1" };

    [Fact]
    public void A_network_is_isolated_and_its_gateway_is_fixed() =>
        Assert.Equal(
            "docker network create --driver bridge --internal --subnet 10.213.7.0/24 --gateway 10.213.7.1 --label org.zerok.chaos=run --label org.zerok.chaos.run=r1 r1",
            DockerCommands.CreateNetwork("r1", DockerSettings.Subnet(7), Labels).ToString());

    [Fact]
    public void A_container_has_its_address_labels_and_variables_and_its_arguments_come_last()
    {
        var spec = new ContainerSpec("r1-relay-0", "zerok-relay:chaos", "r1", "10.213.7.2", ["--json", "--Gateway:HelloSeconds=2"])
        {
            Labels = Labels,
            Environment = new Dictionary<string, string> { ["B"] = "two words", ["A"] = "1" },
        };
        Assert.Equal(
            "docker create --name r1-relay-0 --hostname r1-relay-0 --network r1 --ip 10.213.7.2 --label org.zerok.chaos=run --label org.zerok.chaos.run=r1 --env A=1 --env 'B=two words' zerok-relay:chaos --json --Gateway:HelloSeconds=2",
            DockerCommands.Create(spec).ToString());
    }

    [Fact]
    public void An_agent_is_interactive_and_its_secret_is_in_a_file()
    {
        var command = DockerCommands.Create(new ContainerSpec("a", "i", "n", "10.0.0.9", ["agent"]) { Interactive = true, EnvironmentFile = "/run/a.env" });
        Assert.Equal("docker create --name a --hostname a --network n --ip 10.0.0.9 --env-file /run/a.env --interactive i agent", command.ToString());
        Assert.Equal("docker start --attach --interactive a", DockerCommands.StartAttached("a", interactive: true).ToString());
        Assert.Equal("docker start --attach a", DockerCommands.StartAttached("a", interactive: false).ToString());
    }

    [Fact]
    public void Each_verb_is_docker_s_own()
    {
        Assert.Equal("docker kill --signal SIGKILL a", DockerCommands.Kill("a", "SIGKILL").ToString());
        Assert.Equal("docker stop --time 3 a", DockerCommands.Stop("a", TimeSpan.FromSeconds(2.1)).ToString());
        Assert.Equal("docker start a", DockerCommands.Start("a").ToString());
        Assert.Equal("docker pause a", DockerCommands.Pause("a").ToString());
        Assert.Equal("docker unpause a", DockerCommands.Unpause("a").ToString());
        Assert.Equal("docker rm --force --volumes a b", DockerCommands.Remove(["a", "b"], force: true, volumes: true).ToString());
        Assert.Equal("docker rm a", DockerCommands.Remove(["a"], force: false, volumes: false).ToString());
        Assert.Equal("docker network rm n", DockerCommands.RemoveNetworks(["n"]).ToString());
        Assert.Equal("docker cp a:/var/lib/x/. /tmp/y", DockerCommands.CopyOut("a", "/var/lib/x", "/tmp/y").ToString());
        Assert.Equal("docker image inspect --format '{{.Id}}' zerok-relay:chaos", DockerCommands.Image("zerok-relay:chaos").ToString());
    }

    [Fact]
    public void Containers_are_listed_by_label_and_read_back()
    {
        Assert.Equal(["ps", "--all", "--no-trunc", "--filter", "label=org.zerok.chaos", "--format"], DockerCommands.Containers(DockerLabels.Suite).Arguments.Take(6));
        Assert.DoesNotContain("--filter", DockerCommands.Containers("").Arguments);
        var read = DockerCommands.ParseContainers("id1\trelay\trunning\torg.zerok.chaos=run,flag\nid2\tdevice\tpaused\t\nid3\told\texited\ta=b=c\n");
        Assert.Equal(["id1", "id2", "id3"], read.Select(c => c.Id));
        Assert.Equal([true, true, false], read.Select(c => c.Running));
        Assert.Equal(("run", ""), (read[0].Labels["org.zerok.chaos"], read[0].Labels["flag"]));
        Assert.Empty(read[1].Labels);
        Assert.Equal("b=c", read[2].Labels["a"]);
        Assert.Throws<FormatException>(() => DockerCommands.ParseContainers("something else"));
    }

    [Theory]
    [InlineData("10.213.7.0/24", 1, "10.213.7.1")]
    [InlineData("10.213.0.0/16", 258, "10.213.1.2")]
    public void Addresses_are_counted_within_the_subnet(string subnet, int n, string expected) =>
        Assert.Equal(expected, DockerCommands.AddressIn(IPNetwork.Parse(subnet), n).ToString());

    [Fact]
    public void An_address_outside_the_subnet_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DockerCommands.AddressIn(DockerSettings.Subnet(0), 255));

    [Fact]
    public void Subnets_differ_and_start_again_after_the_last()
    {
        Assert.Equal(DockerSettings.Subnets, Enumerable.Range(0, DockerSettings.Subnets).Select(DockerSettings.Subnet).Distinct().Count());
        Assert.Equal(DockerSettings.Subnet(3), DockerSettings.Subnet(DockerSettings.Subnets + 3));
    }

    [Theory]
    [InlineData("here:17", true)]
    [InlineData("here:18", false)]
    [InlineData("there:17", false)]
    [InlineData("here", false)]
    [InlineData("", false)]
    [InlineData("here:99999999999", false)]
    public void Left_over_is_what_a_runner_of_this_machine_made_that_is_gone(string runner, bool leftOver) =>
        Assert.Equal(leftOver, DockerLabels.IsLeftOver(runner, "here", process => process == 18));
}
