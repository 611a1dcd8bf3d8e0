namespace ZeroK.Chaos.Docker;

/// <summary>A container to make.</summary>
/// <param name="Name">Its name on the daemon.</param>
/// <param name="Image">Its image.</param>
/// <param name="Network">Its one network.</param>
/// <param name="Address">Its fixed address there.</param>
/// <param name="Arguments">For the image's program.</param>
internal sealed record ContainerSpec(string Name, string Image, string Network, string Address, IReadOnlyList<string> Arguments)
{
    /// <summary>Labels, name to value.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Environment variables that anybody may see.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A file of further variables, for those that belong on no command line; null: none.</summary>
    public string? EnvironmentFile { get; init; }

    /// <summary>Whether its standard input stays open for us.</summary>
    public bool Interactive { get; init; }
}
