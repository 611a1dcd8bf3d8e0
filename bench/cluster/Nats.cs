using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ZeroK.Bench.Cluster;

/// <summary>NATS JetStream on its file store: publish and wait for the stream's acknowledgement, one under way a connection. Debian's version can't be told to sync on each write: it syncs every two minutes.</summary>
internal static class Nats
{
    public static async Task<Measured> RunAsync(int clients, int bytes, TimeSpan time)
    {
        using var server = await Server.StartAsync("nats-server", (port, directory) => ["-a", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-js", "-sd", directory]);
        var open = new List<Connection>();
        for (var i = 0; i < clients; i++) open.Add(await Connection.OpenAsync(server, i));
        var created = await open[0].RequestAsync("$JS.API.STREAM.CREATE.bench", """{"name":"bench","subjects":["b.*"],"storage":"file","retention":"limits","discard":"old"}"""u8.ToArray());
        if (created.Contains("\"error\"", StringComparison.Ordinal)) throw new InvalidOperationException("NATS refused the stream: " + created);
        var body = RandomNumberGenerator.GetBytes(bytes);
        var workers = open.Select((c, i) => (Func<Task>)(async () =>
        {
            var reply = await c.RequestAsync(FormattableString.Invariant($"b.{i}"), body);
            if (!reply.Contains("\"seq\"", StringComparison.Ordinal)) throw new InvalidOperationException("NATS refused: " + reply);
        })).ToList();
        var measured = await Load.RunAsync(FormattableString.Invariant($"NATS JetStream, file store, no sync on write, {clients} clients"), workers, time, () => [("NATS", ProcessorTime.Of(server.ProcessId))]);
        foreach (var connection in open) connection.Dispose();
        return measured;
    }

    private sealed class Connection(TcpClient client, string inbox) : IDisposable
    {
        private readonly NetworkStream _stream = client.GetStream();
        private readonly byte[] _buffer = new byte[8192];

        public static async Task<Connection> OpenAsync(Server server, int number)
        {
            var connection = new Connection(await server.ConnectAsync(), FormattableString.Invariant($"_INBOX.{number}"));
            await connection.UntilAsync("INFO");
            await connection._stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB {connection.InboxName} 1\r\nPING\r\n"));
            await connection.UntilAsync("PONG");
            return connection;
        }

        private string InboxName => inbox;

        public async Task<string> RequestAsync(string subject, byte[] body)
        {
            await _stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"PUB {subject} {inbox} {body.Length}\r\n")), .. body, .. "\r\n"u8]);
            return await UntilAsync("}\r\n");
        }

        public void Dispose() => client.Dispose();

        private async Task<string> UntilAsync(string mark)
        {
            var text = new StringBuilder();
            while (true)
            {
                var got = await _stream.ReadAsync(_buffer);
                if (got == 0) throw new InvalidOperationException("NATS closed the connection: " + text);
                text.Append(Encoding.ASCII.GetString(_buffer, 0, got));
                if (text.ToString().Contains(mark, StringComparison.Ordinal)) return text.ToString();
            }
        }
    }
}
