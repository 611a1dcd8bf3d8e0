using ZeroK.Channel;
using ZeroK.Noise;
using ZeroK.Transport;
using ZeroK.Wire;

namespace ZeroK.Client.Tests.Fakes;

/// <summary>Serves a <see cref="FakeRelay"/> behind the real handshake.</summary>
internal static class FakeRelayServer
{
    public static async Task ServeAsync(IListener listener, StaticIdentity identity, FakeRelay relay)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync();
                _ = Task.Run(async () =>
                {
                    try
                    {
                        await using var channel = await SecureChannel.AcceptAsync(connection, identity, ChannelOptions.Default);
                        await relay.ServeAsync(default, channel);
                    }
                    catch (ChannelException)
                    {
                        // The client refused this relay.
                    }
                });
            }
        }
        catch (ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
