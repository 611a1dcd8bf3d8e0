using ZeroK.Gateway;
using ZeroK.Grains.Groups;
using ZeroK.Storage.Content;

namespace ZeroK.Relay.Settings;

/// <summary>All that a relay is told at start, checked.</summary>
public sealed record RelaySettings
{
    /// <summary>Where identity and store live. Default: $XDG_STATE_HOME/zerok-relay, or ~/.local/state/zerok-relay.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where health and metrics listen: an IP address. Default 127.0.0.1, since metrics tell how busy a relay is.</summary>
    public string HttpListen { get; init; } = "127.0.0.1";

    /// <summary>Their port; 0: the system chooses. 0 to 65,535, default 4841.</summary>
    public int HttpPort { get; init; } = 4841;

    /// <summary>The name or address in the relay's own address, as clients reach it. Empty: the machine's name, or the address listened on.</summary>
    public string PublicHost { get; init; } = "";

    /// <summary>Whether the ready line on standard output is JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Log lines on standard error: one line of text, or JSON.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>The least that is logged of the relay's own; of Orleans and ASP.NET: Warning, or this where it is higher.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The cluster that the relay is part of; null: one process with its own store in the data directory.</summary>
    public ClusterSettings? Cluster { get; init; }

    /// <summary>The gateway's limits.</summary>
    public GatewayOptions Gateway { get; init; } = new();

    /// <summary>The groups' limits.</summary>
    public GroupOptions Group { get; init; } = new();

    /// <summary>The contents' limits.</summary>
    public ContentLimits Content { get; init; } = new();
}

/// <summary>How log lines look.</summary>
public enum LogFormat
{
    /// <summary>One line of text.</summary>
    Text = 0,
    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>A setting is wrong. The message names it and says what it may be.</summary>
public sealed class SettingException : Exception
{
    public SettingException(string message) : base(message) { }
    public SettingException(string message, Exception inner) : base(message, inner) { }
    public SettingException() { }
}
