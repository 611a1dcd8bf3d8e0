using Xunit;
using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Channel;

/// <summary>A client and a relay over the in-memory network, with identities made once: making them costs more than a handshake.</summary>
internal sealed class ChannelLab : IAsyncDisposable
{
    internal static readonly StaticIdentity Relay = StaticIdentity.Generate();
    internal static readonly StaticIdentity Device = StaticIdentity.Generate();

    private readonly List<IAsyncDisposable> _owned = [];

    internal MemoryNetwork Network { get; } = new();

    internal ChannelOptions Options { get; init; } = ChannelOptions.Default;

    /// <summary>Changes one chunk; the handshake's chunks are numbered in each direction: to the relay 0 (preface and message 1), 1 (message 3); to the client 0 (message 2), 1 (message 4).</summary>
    internal void Change(MemoryDirection direction, int number, Func<byte[], byte[]> change)
    {
        var seen = 0;
        Network.Tap = chunk => ValueTask.FromResult<ReadOnlyMemory<byte>>(
            chunk.Direction == direction && Interlocked.Increment(ref seen) == number + 1 ? change(chunk.Bytes.ToArray()) : chunk.Bytes);
    }

    /// <summary>Both raw ends.</summary>
    internal async Task<(IConnection Client, IConnection Relay)> DialAsync()
    {
        await using var listener = await Network.ListenAsync("relay", 0);
        var client = await Network.ConnectAsync(new RelayEndpoint("relay", 0));
        var relay = await listener.AcceptAsync();
        _owned.AddRange([client, relay]);
        return (client, relay);
    }

    /// <summary>What the relay does with a channel as soon as it has one.</summary>
    internal Func<IFrameChannel, Task>? OnAccepted { get; init; }

    /// <summary>Runs both sides to their ends, whatever those are.</summary>
    internal async Task<(Outcome Client, Outcome Relay)> HandshakeAsync()
    {
        var (client, relay) = await DialAsync();
        var accepting = Outcome.OfAsync(AcceptAsync(relay));
        var connecting = Outcome.OfAsync(SecureChannel.ConnectAsync(client, Device, Relay.Public.Fingerprint(), Options));
        var both = await Task.WhenAll(connecting, accepting).WaitAsync(TimeSpan.FromSeconds(20));
        _owned.AddRange(both.Select(o => o.Channel).OfType<IAsyncDisposable>());
        return (both[0], both[1]);
    }

    private async ValueTask<IFrameChannel> AcceptAsync(IConnection connection)
    {
        var channel = await SecureChannel.AcceptAsync(connection, Relay, Options);
        if (OnAccepted is not null) await OnAccepted(channel);
        return channel;
    }

    internal async Task<(IFrameChannel Client, IFrameChannel Relay)> OpenAsync()
    {
        var (client, relay) = await HandshakeAsync();
        Assert.Null(client.Error);
        Assert.Null(relay.Error);
        return (client.Channel!, relay.Channel!);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned)) await owned.DisposeAsync();
    }
}

/// <summary>How one side's handshake ended.</summary>
internal sealed record Outcome(IFrameChannel? Channel, ChannelException? Error)
{
    internal static async Task<Outcome> OfAsync(ValueTask<IFrameChannel> handshake)
    {
        try
        {
            return new Outcome(await handshake, null);
        }
        catch (ChannelException e)
        {
            return new Outcome(null, e);
        }
    }
}
