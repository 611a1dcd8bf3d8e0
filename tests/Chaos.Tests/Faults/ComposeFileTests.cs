using Xunit;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Tests.Faults;

/// <summary>Compose files, long forms and short forms, and what is wrong with wrong ones.</summary>
public sealed class ComposeFileTests
{
    private const string Long = """
        name: pair
        x-client: &client
          image: zerok-chaos-client:${TAG:-local}
          depends_on:
            relay:
              condition: service_healthy
          labels: { zerok.chaos: "true" }
        services:
          relay:
            image: zerok-relay:${TAG:-local}
            build: { context: .., dockerfile: deploy/Dockerfile }
            ports: ["4840:4840/udp", { published: 4841, target: 4841 }]
            networks:
              mesh: { ipv4_address: 10.77.0.2, ipv6_address: "fd00::2", aliases: [relay.test] }
            healthcheck:
              test: ["CMD", "/app/zerok-relay", "--health"]
              interval: 1s
              timeout: 1m30s
              start_period: 500ms
              retries: 5
            labels:
              - zerok.chaos=true
              - bare
            command: ["--price", "$$5"]
          client:
            <<: *client
            networks: [mesh]
        networks:
          mesh:
            driver: bridge
            internal: true
            ipam:
              config: [{ subnet: 10.77.0.0/24 }, { subnet: "fd00::/64" }]
            labels: { zerok.chaos: "" }
        """;

    [Fact]
    public void The_long_forms_are_understood()
    {
        var file = ComposeFile.Parse(Long, new Dictionary<string, string> { ["TAG"] = "7" });
        Assert.Equal("pair", file.Name);
        Assert.Equal(["client", "relay"], file.Services.Keys.Order());
        var relay = file.Services["relay"];
        Assert.Equal(("zerok-relay:7", ".."), (relay.Image, relay.Build));
        Assert.Equal(("10.77.0.2", "fd00::2"), (relay.Networks["mesh"].Ipv4, relay.Networks["mesh"].Ipv6));
        Assert.Equal(["relay.test"], relay.Networks["mesh"].Aliases);
        Assert.Equal(["4840:4840/udp", "4841:4841"], relay.Ports);
        Assert.True(relay.HealthCheck!.IsExecForm);
        Assert.Equal(["CMD", "/app/zerok-relay", "--health"], relay.HealthCheck.Test);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(90), TimeSpan.FromMilliseconds(500), 5), (relay.HealthCheck.Interval, relay.HealthCheck.Timeout, relay.HealthCheck.StartPeriod, relay.HealthCheck.Retries));
        Assert.Equal(("true", ""), (relay.Labels["zerok.chaos"], relay.Labels["bare"]));
        var client = file.Services["client"];
        Assert.Equal("zerok-chaos-client:7", client.Image);
        Assert.Equal("service_healthy", client.DependsOn["relay"]);
        Assert.Null(client.Networks["mesh"].Ipv4);
        Assert.Null(client.HealthCheck);
        var mesh = file.Networks["mesh"];
        Assert.True(mesh.Internal);
        Assert.Equal(["10.77.0.0/24", "fd00::/64"], mesh.Subnets);
        Assert.Equal("", mesh.Labels["zerok.chaos"]);
    }

    [Fact]
    public void The_short_forms_are_understood()
    {
        var file = ComposeFile.Parse("""
            version: "3.8"
            services:
              a: { image: x, depends_on: [b], healthcheck: { test: curl -f localhost } }
              b: { build: ./b, healthcheck: { disable: true } }
            """);
        Assert.Equal(["CMD-SHELL", "curl -f localhost"], file.Services["a"].HealthCheck!.Test);
        Assert.False(file.Services["a"].HealthCheck!.IsExecForm);
        Assert.Equal("service_started", file.Services["a"].DependsOn["b"]);
        Assert.Equal(["default"], file.Services["a"].Networks.Keys);
        Assert.Equal(["NONE"], file.Services["b"].HealthCheck!.Test);
        Assert.False(file.Networks["default"].Internal);
    }

    [Theory]
    [InlineData("$A ${A} ${A:-b} ${A-b}", "1 1 1 1")]
    [InlineData("${E:-b} ${E-b} ${N:-b} ${N-b} ${N}.", "b  b b .")]
    [InlineData("$$A ${A:?why}", "$A 1")]
    public void Variables_are_replaced(string image, string expected)
    {
        var file = ComposeFile.Parse($"services: {{ a: {{ image: '{image}' }} }}", new Dictionary<string, string> { ["A"] = "1", ["E"] = "" });
        Assert.Equal(expected, file.Services["a"].Image);
    }

    [Theory]
    [InlineData("services: {", "no YAML")]
    [InlineData("", "one document")]
    [InlineData("[]", "not a mapping")]
    [InlineData("services: {}", "services: there is none")]
    [InlineData("services: { a: {} }", "services.a: has neither image nor build")]
    [InlineData("services: { a: [] }", "services.a, line 1: not a mapping")]
    [InlineData("services: { a: { image: x, networks: [n] } }", "services.a.networks: there is no network 'n'")]
    [InlineData("services: { a: { image: x, depends_on: [b] } }", "services.a.depends_on: there is no service 'b'")]
    [InlineData("services: { a: { image: x, depends_on: { a: { condition: soon } } } }", "services.a.depends_on.a, line 1: not service_started or")]
    [InlineData("services: { a: { image: x, healthcheck: { test: [curl] } } }", "services.a.healthcheck.test, line 1: not a list that begins with CMD")]
    [InlineData("services: { a: { image: x, healthcheck: { interval: 1s } } }", "services.a.healthcheck.test: is missing")]
    [InlineData("services: { a: { image: x, healthcheck: { test: t, interval: soon } } }", "services.a.healthcheck.interval, line 1: not a duration")]
    [InlineData("services: { a: { image: x, healthcheck: { test: t, retries: -1 } } }", "services.a.healthcheck.retries, line 1: not a whole number")]
    [InlineData("services: { a: { image: '${X:?set it}' } }", "services.a.image: the variable X is needed: set it")]
    [InlineData("services: { a: { image: '5$' } }", "services.a.image: '5$' has a lone $")]
    [InlineData("services: { a: { image: x } }\nnetworks: { n: { internal: maybe } }", "networks.n.internal, line 2: not true or false")]
    public void A_wrong_file_says_where_it_is_wrong(string yaml, string message)
    {
        var wrong = Assert.Throws<ComposeException>(() => ComposeFile.Parse(yaml));
        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
    }
}
