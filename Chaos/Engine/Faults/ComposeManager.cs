using System.Globalization;

namespace ZeroK.Chaos.Faults;

/// <summary>Which compose there is.</summary>
public enum ComposeTool
{
    /// <summary>The plugin: docker compose.</summary>
    Plugin = 0,
    /// <summary>The older program of its own: docker-compose 1.29.</summary>
    Standalone,
}

/// <summary>The commands on one compose project. Pure: each is data, for <see cref="CommandLine.RunAsync"/> or a person.</summary>
public sealed class ComposeManager
{
    private readonly ComposeTool _tool;
    private readonly IReadOnlyList<string> _files;

    /// <summary>Makes one.</summary>
    /// <param name="tool">Which compose there is.</param>
    /// <param name="project">The project's name: a letter or digit, then letters, digits, - and _, all lower case. Everything that it makes carries it.</param>
    /// <param name="files">Compose files; a later one changes an earlier one.</param>
    /// <exception cref="ArgumentException">The name is no project's name, or there is no file.</exception>
    public ComposeManager(ComposeTool tool, string project, params string[] files)
    {
        ArgumentNullException.ThrowIfNull(project);
        ArgumentNullException.ThrowIfNull(files);
        if (project.Length == 0 || !char.IsAsciiLetterOrDigit(project[0]) || !project.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'))
            throw new ArgumentException($"'{project}' is no compose project's name.", nameof(project));
        if (files.Length == 0) throw new ArgumentException("Name at least one compose file.", nameof(files));
        (_tool, Project, _files) = (tool, project, files);
    }

    /// <summary>The project's name.</summary>
    public string Project { get; }

    /// <summary>The label that compose puts on all containers and networks of a project.</summary>
    public string Label => "com.docker.compose.project=" + Project;

    /// <summary>Makes and starts services; none named: all. Returns once they run; the plugin can also wait until they are healthy.</summary>
    /// <param name="waitSecondsMax">The plugin waits so long until all are healthy; 0: it does not. docker-compose 1.29 can't wait: ask for each service's health.</param>
    /// <param name="services">Which; none: all.</param>
    public CommandLine Up(int waitSecondsMax = 0, params string[] services) =>
        Command(["up", "--detach", "--no-build", .. waitSecondsMax > 0 && _tool == ComposeTool.Plugin ? ["--wait", "--wait-timeout", Number(waitSecondsMax)] : Array.Empty<string>()], services);

    /// <summary>Stops and removes everything of the project, volumes and left-over services too.</summary>
    public CommandLine Down(int graceSeconds = 5) => Command(["down", "--volumes", "--remove-orphans", "--timeout", Number(graceSeconds)], []);

    /// <summary>The ids of its containers, one a line, stopped ones too.</summary>
    public CommandLine Ps(params string[] services) => Command(["ps", "--all", "--quiet"], services);

    /// <summary>Sends a signal.</summary>
    public CommandLine Kill(string signal = "SIGKILL", params string[] services) => Command(["kill", "-s", signal], services);

    /// <summary>Freezes services.</summary>
    public CommandLine Pause(params string[] services) => Command(["pause"], services);

    /// <summary>Lets them go on.</summary>
    public CommandLine Unpause(params string[] services) => Command(["unpause"], services);

    /// <summary>What services printed.</summary>
    public CommandLine Logs(params string[] services) => Command(["logs", "--no-color", "--timestamps"], services);

    /// <summary>The compose on this machine; null: there is none.</summary>
    public static async Task<ComposeTool?> FindAsync(CancellationToken cancellationToken)
    {
        foreach (var (tool, version) in new[] { (ComposeTool.Plugin, new CommandLine("docker", ["compose", "version"])), (ComposeTool.Standalone, new CommandLine("docker-compose", ["version"])) })
        {
            try
            {
                await version.RunAsync(cancellationToken).ConfigureAwait(false);
                return tool;
            }
            catch (CommandFailedException)
            {
                // Not this one.
            }
        }

        return null;
    }

    private CommandLine Command(IEnumerable<string> verb, string[] services)
    {
        IEnumerable<string> project = [.. _files.SelectMany(f => new[] { "--file", f }), "--project-name", Project, .. verb, .. services];
        return _tool == ComposeTool.Plugin ? new CommandLine("docker", ["compose", .. project]) : new CommandLine("docker-compose", [.. project]);
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
