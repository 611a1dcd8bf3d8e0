using System.Globalization;
using System.Net;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Docker;

/// <summary>Docker's command lines. Pure: each is data, for <see cref="CommandLine.RunAsync"/> or a person.</summary>
internal static class DockerCommands
{
    private const string RowFormat = "{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Labels}}";

    /// <summary>The daemon's operating system and version; fails where no daemon answers.</summary>
    public static CommandLine Version => Docker("version", "--format", "{{.Server.Os}} {{.Server.Version}}");

    /// <summary>An image's id; fails where it is not there.</summary>
    public static CommandLine Image(string image) => Docker("image", "inspect", "--format", "{{.Id}}", image);

    /// <summary>An isolated bridge: its containers reach each other and this machine, and nothing else.</summary>
    public static CommandLine CreateNetwork(string name, IPNetwork subnet, IReadOnlyDictionary<string, string> labels) =>
        Docker(["network", "create", "--driver", "bridge", "--internal", "--subnet", subnet.ToString(), "--gateway", AddressIn(subnet, 1).ToString(), .. Labels(labels), name]);

    /// <summary>Removes networks.</summary>
    public static CommandLine RemoveNetworks(IEnumerable<string> names) => Docker(["network", "rm", .. names]);

    /// <summary>Names of networks with a label, one a line, each with the value of <see cref="DockerLabels.Runner"/> after a tab.</summary>
    public static CommandLine Networks(string label) => Docker("network", "ls", "--filter", "label=" + label, "--format", "{{.Name}}\t{{.Label \"" + DockerLabels.Runner + "\"}}");

    /// <summary>Containers, stopped ones too, as <see cref="ParseContainers"/> reads them. An empty label: all.</summary>
    public static CommandLine Containers(string label) => Docker(["ps", "--all", "--no-trunc", .. label.Length == 0 ? Array.Empty<string>() : ["--filter", "label=" + label], "--format", RowFormat]);

    /// <summary>Makes a container without starting it.</summary>
    public static CommandLine Create(ContainerSpec spec) => Docker(
    [
        "create", "--name", spec.Name, "--hostname", spec.Name, "--network", spec.Network, "--ip", spec.Address, .. Labels(spec.Labels),
        .. spec.Environment.OrderBy(v => v.Key, StringComparer.Ordinal).SelectMany(v => new[] { "--env", v.Key + "=" + v.Value }),
        .. spec.EnvironmentFile is null ? Array.Empty<string>() : ["--env-file", spec.EnvironmentFile],
        .. spec.Interactive ? ["--interactive"] : Array.Empty<string>(),
        spec.Image, .. spec.Arguments,
    ]);

    /// <summary>Starts a container and stays attached: what it writes comes out, and its input goes in where it is interactive.</summary>
    public static CommandLine StartAttached(string name, bool interactive) => Docker(["start", "--attach", .. interactive ? ["--interactive"] : Array.Empty<string>(), name]);

    /// <summary>Starts a container.</summary>
    public static CommandLine Start(string name) => Docker("start", name);

    /// <summary>Sends a signal to the main process.</summary>
    public static CommandLine Kill(string name, string signal) => Docker("kill", "--signal", signal, name);

    /// <summary>SIGTERM, then SIGKILL after the grace, in whole seconds.</summary>
    public static CommandLine Stop(string name, TimeSpan grace) => Docker("stop", "--time", ((int)Math.Ceiling(grace.TotalSeconds)).ToString(CultureInfo.InvariantCulture), name);

    /// <summary>Freezes all processes of a container.</summary>
    public static CommandLine Pause(string name) => Docker("pause", name);

    /// <summary>Lets them go on.</summary>
    public static CommandLine Unpause(string name) => Docker("unpause", name);

    /// <summary>Removes containers.</summary>
    public static CommandLine Remove(IEnumerable<string> names, bool force, bool volumes) =>
        Docker(["rm", .. force ? ["--force"] : Array.Empty<string>(), .. volumes ? ["--volumes"] : Array.Empty<string>(), .. names]);

    /// <summary>A container's state in docker's words (running, paused, exited …), the health check's last word, and the main process's id on the daemon's machine (0: none), by spaces.</summary>
    public static CommandLine State(string name) => Docker("inspect", "--format", "{{.State.Status}} {{with .State.Health}}{{.Status}}{{else}}none{{end}} {{.State.Pid}}", name);

    /// <summary>Copies a directory of a container, running or not, into a directory of this machine.</summary>
    public static CommandLine CopyOut(string name, string path, string into) => Docker("cp", $"{name}:{path}/.", into);

    /// <summary>Reads what <see cref="Containers"/> prints.</summary>
    /// <exception cref="FormatException">A line is not like that.</exception>
    public static IReadOnlyList<ContainerInfo> ParseContainers(string output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ParseContainer)];
    }

    /// <summary>The n-th address of a subnet.</summary>
    public static IPAddress AddressIn(IPNetwork subnet, int n)
    {
        var bytes = subnet.BaseAddress.GetAddressBytes();
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, 4, nameof(subnet));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(n, (1 << (32 - subnet.PrefixLength)) - 1);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) + (uint)n);
        return new IPAddress(bytes);
    }

    private static ContainerInfo ParseContainer(string line)
    {
        if (line.TrimEnd('\r').Split('\t') is not [var id, var name, var state, var labels]) throw new FormatException($"docker ps printed a line that is not understood: {line}");
        var byName = labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=', 2)).DistinctBy(l => l[0]).ToDictionary(l => l[0], l => l.Length == 2 ? l[1] : "");
        return new ContainerInfo(id, name.TrimStart('/'), byName, state is "running" or "paused" or "restarting");
    }

    private static IEnumerable<string> Labels(IReadOnlyDictionary<string, string> labels) =>
        labels.OrderBy(l => l.Key, StringComparer.Ordinal).SelectMany(l => new[] { "--label", l.Key + "=" + l.Value });

    private static CommandLine Docker(params IReadOnlyList<string> arguments) => new("docker", arguments);
}
