namespace ZeroK.Chaos.Proxy;

/// <summary>How a proxy behaves beyond what its interface sets.</summary>
public sealed record ProxyOptions
{
    /// <summary>The defaults.</summary>
    public static ProxyOptions Default { get; } = new();

    /// <summary>The seed of all fault decisions.</summary>
    public long Seed { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Bytes of each direction of each link that are kept for the judges. Default 0.</summary>
    public int CaptureBytesMax { get; init; }

    /// <summary>Bytes of each direction of each link that may wait in the proxy. Default 1 MiB.</summary>
    public int QueueBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Links at a time; more are refused. Default 4,096.</summary>
    public int LinksMax { get; init; } = 4096;

    /// <summary>A UDP link without traffic is forgotten after this time. Default 2 min.</summary>
    public TimeSpan DatagramIdle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A fault made by code, ahead of all toxics: called with each new link's number (0 for the proxy's first) and direction; null for none.</summary>
    public Func<long, Direction, Toxic?>? Hook { get; init; }
}
