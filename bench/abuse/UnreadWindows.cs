using System.Globalization;
using ZeroK.Bench.Relay;
using ZeroK.Transport;

namespace ZeroK.Bench.Abuse;

/// <summary>QUIC connections that never say HELLO and write as much on as many streams as the relay's library takes: nobody reads it.</summary>
internal sealed class UnreadWindows : IAttack
{
    private const int Connections = 64;
    private const int Streams = 15;
    private static readonly byte[] Bytes = new byte[1024 * 1024];

    public string Name => "windows-quic";

    public async Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop)
    {
        var (opened, refused, taken) = (0, 0, 0L);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var writers = new List<Task>();
        var connections = new List<IConnection>();
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            try
            {
                var connection = await new QuicTransport().ConnectAsync(relay.Endpoint, stop);
                connections.Add(connection);
                opened++;
                for (var i = 0; i < Streams; i++) writers.Add(FillAsync(await connection.OpenStreamAsync(stop)));
            }
            catch (Exception e) when (Expected.Is(e))
            {
                refused++;
            }

            if (n % Connections == Connections - 1) await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        await Task.WhenAll(writers);
        foreach (var connection in connections) await connection.DisposeAsync();
        return string.Create(CultureInfo.InvariantCulture, $"{opened} connections, {refused} refusals, {taken / 1e6:0} MB written to streams that nobody reads");

        async Task FillAsync(IByteStream stream)
        {
            try
            {
                for (var at = 0; at < Bytes.Length; at += 16 * 1024)
                {
                    await stream.SendAsync(Bytes.AsMemory(at, 16 * 1024), gone.Token);
                    Interlocked.Add(ref taken, 16 * 1024);
                }
            }
            catch (Exception e) when (Expected.Is(e))
            {
                // Its window is full, or the relay has ended the connection.
            }
        }
    }
}
