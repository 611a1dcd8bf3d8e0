namespace ZeroK.Chaos.Proxy;

/// <summary>A connection, or a UDP client, that passes through a proxy.</summary>
internal interface ILink : IDisposable
{
    DirectedFlow Up { get; }

    DirectedFlow Down { get; }

    /// <summary>Whether both ends are gone.</summary>
    Task Ended { get; }

    /// <summary>Closes both sides, in order.</summary>
    void Close();
}

/// <summary>Accepts links of one medium.</summary>
internal interface IProxyListener : IAsyncDisposable
{
    int Port { get; }
}
