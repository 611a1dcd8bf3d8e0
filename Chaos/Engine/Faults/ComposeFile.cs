namespace ZeroK.Chaos.Faults;

/// <summary>What the suite needs to know of a compose file (compose-spec, and the older version 3).</summary>
/// <param name="Name">The project's name, if the file has one.</param>
/// <param name="Services">By name.</param>
/// <param name="Networks">By name; with "default" where a service names none.</param>
public sealed record ComposeFile(string? Name, IReadOnlyDictionary<string, ComposeService> Services, IReadOnlyDictionary<string, ComposeNetwork> Networks)
{
    /// <summary>Reads one.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="variables">Values for ${NAME}; null: none.</param>
    /// <exception cref="ComposeException">It is no YAML, or not what compose takes; the message names the place.</exception>
    public static ComposeFile Parse(string yaml, IReadOnlyDictionary<string, string>? variables = null) => ComposeReader.Read(yaml, variables ?? new Dictionary<string, string>());
}

/// <summary>A service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Image">Its image; null where it is only built.</param>
/// <param name="Build">The directory that it is built from; null: it is not built.</param>
/// <param name="Networks">The networks that it is in, with its addresses there.</param>
/// <param name="HealthCheck">Null: none, or the image's own.</param>
/// <param name="Labels">Labels of its containers.</param>
/// <param name="DependsOn">Services that it waits for, with the condition: service_started, service_healthy, or service_completed_successfully.</param>
/// <param name="Ports">Published ports as written.</param>
public sealed record ComposeService(
    string Name,
    string? Image,
    string? Build,
    IReadOnlyDictionary<string, ComposeAddress> Networks,
    ComposeHealthCheck? HealthCheck,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> DependsOn,
    IReadOnlyList<string> Ports);

/// <summary>Where a service is in a network.</summary>
/// <param name="Ipv4">Its fixed address; null: given out by the engine.</param>
/// <param name="Ipv6">Likewise.</param>
/// <param name="Aliases">Its further names there.</param>
public sealed record ComposeAddress(string? Ipv4, string? Ipv6, IReadOnlyList<string> Aliases);

/// <summary>How a service's health is asked.</summary>
/// <param name="Test">The words of the test, beginning with CMD, CMD-SHELL or NONE.</param>
/// <param name="Interval">Between two tests; null: the engine's default.</param>
/// <param name="Timeout">Of one test.</param>
/// <param name="StartPeriod">Failures before that do not count.</param>
/// <param name="Retries">Failures in a row until it is unhealthy.</param>
public sealed record ComposeHealthCheck(IReadOnlyList<string> Test, TimeSpan? Interval, TimeSpan? Timeout, TimeSpan? StartPeriod, int? Retries)
{
    /// <summary>Whether the test is a program with arguments, so that it needs no shell in the image.</summary>
    public bool IsExecForm => Test is ["CMD", _, ..];
}

/// <summary>A network.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Internal">Whether it has no way out.</param>
/// <param name="External">Whether it is made elsewhere.</param>
/// <param name="Driver">Null: the engine's default.</param>
/// <param name="Subnets">Its ranges, as CIDR.</param>
/// <param name="Labels">Its labels.</param>
public sealed record ComposeNetwork(string Name, bool Internal, bool External, string? Driver, IReadOnlyList<string> Subnets, IReadOnlyDictionary<string, string> Labels);

/// <summary>A compose file is not what compose takes.</summary>
public sealed class ComposeException : Exception
{
    /// <inheritdoc/>
    public ComposeException() { }

    /// <inheritdoc/>
    public ComposeException(string message) : base(message) { }

    /// <inheritdoc/>
    public ComposeException(string message, Exception inner) : base(message, inner) { }
}
