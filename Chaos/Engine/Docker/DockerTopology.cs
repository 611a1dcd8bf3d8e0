using System.Globalization;
using System.Net;
using ZeroK.Chaos.Docker;
using ZeroK.Chaos.Faults;
using ZeroK.Chaos.Scenarios;

namespace ZeroK.Chaos.Topology;

/// <summary>Relays and devices in containers on an isolated bridge with fixed addresses. The proxies run here, on the bridge's gateway address: every byte between a device and a relay passes them.</summary>
/// <param name="settings">What to build.</param>
/// <param name="docker">The images; null: as the environment says.</param>
public sealed class DockerTopology(TopologySettings settings, DockerSettings? docker = null) : GroupTopology(settings)
{
    private const int FirstRelay = 2;
    private const int FirstDevice = 50;

    private static int _made;

    private readonly DockerSettings _docker = docker ?? DockerSettings.FromEnvironment();
    private readonly string _run = string.Create(CultureInfo.InvariantCulture, $"zerok-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
    private IPNetwork _subnet;
    private bool _hasNetwork;
    private int _devices;

    /// <inheritdoc/>
    protected override string ProxyHost => DockerCommands.AddressIn(_subnet, 1).ToString();

    private Dictionary<string, string> Labels => new() { [DockerLabels.Suite] = "run", [DockerLabels.Run] = _run, [DockerLabels.Runner] = DockerLabels.ThisRunner };

    /// <inheritdoc/>
    protected override string ClientDirectory(string label) => "/var/lib/zerok-chaos/" + label;

    /// <inheritdoc/>
    protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken).ConfigureAwait(false);
        await DockerEngine.RemoveLeftOversAsync(cancellationToken).ConfigureAwait(false);
        for (var n = 0; !_hasNetwork; n++)
        {
            // Another run, or the machine's own network, may have a subnet: take the next.
            _subnet = DockerSettings.Subnet(Environment.ProcessId + n);
            try
            {
                await DockerCommands.CreateNetwork(_run, _subnet, Labels).RunAsync(cancellationToken).ConfigureAwait(false);
                _hasNetwork = true;
            }
            catch (CommandFailedException e) when (n < DockerSettings.Subnets && e.Message.Contains("overlap", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
        }
    }

    /// <inheritdoc/>
    protected override ITestRelay CreateRelay(int index, IReadOnlyList<string> settings)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{_run}-relay-{index}");
        var address = AddressOf(FirstRelay, index, FirstDevice - FirstRelay);
        return new RelayContainer(
            new ContainerSpec(name, _docker.RelayImage, _run, address, ["--public-host", address, "--json", .. settings])
            {
                Labels = Labels,
                Environment = new Dictionary<string, string> { ["ZEROK_RELAY_HTTP_LISTEN"] = "0.0.0.0" },
            },
            Settings.Directory);
    }

    /// <inheritdoc/>
    protected override IAgentHost CreateAgentHost(string label)
    {
        var address = AddressOf(FirstDevice, _devices++, 254 - FirstDevice);
        return new ContainerAgentHost(
            (arguments, variables) => new ContainerSpec($"{_run}-device-{label.ToLowerInvariant()}", _docker.AgentImage, _run, address, arguments) { Labels = Labels, EnvironmentFile = variables, Interactive = true },
            Settings.Directory);
    }

    /// <inheritdoc/>
    protected override async ValueTask CleanUpAsync()
    {
        if (_hasNetwork) await DockerCommands.RemoveNetworks([_run]).RunAsync(CancellationToken.None).ConfigureAwait(false);
        _hasNetwork = false;
    }

    private string AddressOf(int first, int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        return DockerCommands.AddressIn(_subnet, first + index).ToString();
    }

    private async Task RequireAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux()) throw new ScenarioSkippedException("the Docker tier needs Linux: elsewhere containers run in another machine, and its bridge can't be reached from here");
        try
        {
            await DockerCommands.Version.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CommandFailedException e)
        {
            throw new ScenarioSkippedException($"docker does not answer; start its daemon, or set DOCKER_HOST ({e.Message.Split('\n')[0]})", e);
        }

        foreach (var image in new[] { _docker.RelayImage, _docker.AgentImage })
        {
            try
            {
                await DockerCommands.Image(image).RunAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (CommandFailedException e)
            {
                throw new ScenarioSkippedException($"the image {image} is missing; build it with: scripts/chaos-images", e);
            }
        }
    }
}
