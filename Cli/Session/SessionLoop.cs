using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ZeroK.Cli.Sync;
using ZeroK.Cli.Terminal;
using ZeroK.Cli.Verbs;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Session;

/// <summary>Reads commands, answers events. Pushes are queued in the order of the commands; what waits for the relay (flush, devices, peek) waits beside, so that later commands are not held up.</summary>
internal sealed class SessionLoop(SyncRun run, Output output, Stream input, SessionOptions options)
{
    private const int CountMax = 1_000_000;
    private const int SeedMax = int.MaxValue;

    // The largest blob as base64, or as text of which each byte is escaped, fits in.
    internal const int LineBytesMax = 8 * 1024 * 1024;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    private static readonly string[] Sources = ["text", "base64", "random"];

    private readonly ConcurrentDictionary<Cursor, Incoming> _held = new();
    private readonly ConcurrentDictionary<Task, bool> _beside = new();

    /// <summary>Runs until "quit" or the end of the input.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = ReceiveAsync(end.Token);
        var commands = CommandsAsync(end.Token);
        try
        {
            // Receiving fails when its lines can't be written: then no command can be answered either.
            if (await Task.WhenAny(commands, receiving) == commands || !receiving.IsFaulted) await commands;
        }
        finally
        {
            await end.CancelAsync();
            await receiving;
            await Quietly(commands);
            foreach (var task in _beside.Keys) await task;
        }
    }

    private async Task CommandsAsync(CancellationToken cancellationToken)
    {
        var lines = new LineReader(input, LineBytesMax);
        for (var number = 1L; ; number++)
        {
            if (await lines.ReadAsync(cancellationToken) is not { } line)
            {
                // The end of the input says no more than that: what was pushed is still waited for.
                await run.Session.FlushAsync(cancellationToken);
                await Task.WhenAll(_beside.Keys);
                return;
            }

            var bytes = number == 1 && line.Bytes.Span.StartsWith(ByteOrderMark) ? line.Bytes[ByteOrderMark.Length..] : line.Bytes;
            if (!line.IsTooLong && bytes.Span.Trim(" \t\r"u8).IsEmpty) continue;
            var problem = $"The line has more than {LineBytesMax} bytes.";
            if (line.IsTooLong || !SessionCommand.TryParse(bytes, out var command, out problem))
            {
                Answer("error", null, ("message", problem), ("line", number));
                continue;
            }

            if (command.Problem is { } wrong)
            {
                Answer("error", command, ("cmd", command.Name), ("message", wrong));
                continue;
            }

            if (command.Name == "quit") return;
            await GuardAsync(command, () => DoAsync(command, cancellationToken), cancellationToken);
        }
    }

    private async Task DoAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        switch (command.Name)
        {
            case "push":
                await PushAsync(command, cancellationToken);
                break;
            case "status":
                Write(Events.Status(run.Session.Status), command);
                break;
            case "vector":
                var vector = Events.Vector(run.Session.Status.Vector);
                Write(new JsonObject { ["event"] = "vector", ["vector"] = vector.Hex, ["vectorEntries"] = vector.Entries }, command);
                break;
            case "ack":
                await AckAsync(command, cancellationToken);
                break;
            case "flush":
                Beside(command, async () => { await run.Session.FlushAsync(cancellationToken); Answer("flushed", command); }, cancellationToken);
                break;
            case "caughtup":
                Beside(command, async () => Answer("caught-up", command, ("head", (await run.Session.CaughtUpAsync(cancellationToken)).Value)), cancellationToken);
                break;
            case "devices":
                Beside(command, () => DevicesAsync(command, cancellationToken), cancellationToken);
                break;
            case "peek":
                Beside(command, () => PeekAsync(command, cancellationToken), cancellationToken);
                break;
            case "retry":
                Beside(command, async () => Answer("retried", command, ("undecryptable", await run.Session.RetryUndecryptableAsync(cancellationToken))), cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"The command {command.Name} is listed and not done.");
        }
    }

    private async Task PushAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        var count = command.Number("count", 1, CountMax) ?? 1;
        var seed = command.Number("seed", 0, SeedMax);
        var label = command.Text("label");
        for (var i = 0; i < count; i++)
        {
            var payload = PayloadOf(command, seed is { } s ? unchecked((int)(s + i)) : null);
            var pushed = await run.Session.PushAsync(payload, label, cancellationToken);
            Write(Events.Pushed(pushed, label, payload.Length, Convert.ToHexStringLower(SHA256.HashData(payload))), command);
            Beside(command, async () => Write(Events.Durable(pushed.Sequence, await pushed.Durable.WaitAsync(cancellationToken)), command), cancellationToken, pushed.Sequence);
        }
    }

    private static byte[] PayloadOf(SessionCommand command, int? seed)
    {
        if (Sources.Count(command.Has) != 1) throw new SessionCommandException("push takes one of \"text\", \"base64\" or \"random\".");
        if (command.Text("text") is { } text) return Encoding.UTF8.GetBytes(text);
        if (command.Text("base64") is { } base64)
        {
            var bytes = new byte[base64.Length];
            return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : throw new SessionCommandException("\"base64\" is not base64.");
        }

        var size = command.Number("random", 0, WireLimits.PayloadBytesMax)!.Value;
        if (seed is not { } fixedSeed) return RandomNumberGenerator.GetBytes((int)size);
        var random = new byte[size];
        new Random(fixedSeed).NextBytes(random);
        return random;
    }

    private async Task AckAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        var cursor = new Cursor((ulong)(command.Number("cursor", 1, long.MaxValue) ?? throw new SessionCommandException("ack takes \"cursor\".")));
        if (!_held.TryGetValue(cursor, out var blob)) throw new SessionCommandException($"#{cursor} is not held: it was not received with --hold, or is acknowledged already.");
        await blob.AckAsync(cancellationToken);
        foreach (var done in _held.Keys.Where(c => c <= cursor)) _held.TryRemove(done, out _);
        Answer("acked", command, ("cursor", cursor.Value));
    }

    private async Task DevicesAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        var devices = await run.Session.ListDevicesAsync(cancellationToken);
        var list = new JsonArray([.. devices.Select(Events.Device)]);
        Write(new JsonObject { ["event"] = "devices", ["devices"] = list }, command);
    }

    private async Task PeekAsync(SessionCommand command, CancellationToken cancellationToken)
    {
        var after = new Cursor((ulong)(command.Number("after", 0, long.MaxValue) ?? 0));
        var page = await run.Session.PeekAsync(after, (int)(command.Number("limit", 1, int.MaxValue) ?? 100), cancellationToken);
        var blobs = new JsonArray([.. page.Blobs.Select(b => Events.Received(b.Sender, b.Sequence, b.Cursor, b.SentAt, b.Label, b.Payload.Length, Convert.ToHexStringLower(SHA256.HashData(b.Payload.Span))))]);
        Write(
            new JsonObject { ["event"] = "peeked", ["blobs"] = blobs, ["through"] = page.Through.Value, ["head"] = page.Head.Value, ["historyStart"] = page.HistoryStart.Value, ["undecryptable"] = page.Undecryptable },
            command);
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        using var acknowledger = new Acknowledger(output, options.Time);
        try
        {
            await acknowledger.WhileAsync(token => ReadAsync(acknowledger, token), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session ends.
        }
        catch (Exception e) when (e is not (OutputClosedException or OutputFailedException))
        {
            Answer("error", null, ("message", "Receiving ended: " + e.Message));
        }
    }

    private async Task ReadAsync(Acknowledger acknowledger, CancellationToken cancellationToken)
    {
        await foreach (var blob in run.Session.ReceiveAsync(cancellationToken))
        {
            if (options.Hold) _held[blob.Cursor] = blob;
            var json = Events.Received(blob.Sender, blob.Sequence, blob.Cursor, blob.SentAt, blob.Label, blob.Payload.Length, Convert.ToHexStringLower(SHA256.HashData(blob.Payload.Span)));
            if (options.WithPayload) json["base64"] = Convert.ToBase64String(blob.Payload.Span);
            output.JsonLine(json);
            if (!options.Hold) await acknowledger.AddAsync(blob, cancellationToken);
        }
    }

    // What it threw was thrown already, or it ends because the rest does.
    private static async Task Quietly(Task task) =>
        await task.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void Beside(SessionCommand command, Func<Task> work, CancellationToken cancellationToken, ulong? sequence = null)
    {
        var task = GuardAsync(command, work, cancellationToken, sequence);
        _beside[task] = true;
        _ = task.ContinueWith(t => _beside.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    // A command that fails is answered; the session goes on.
    private async Task GuardAsync(SessionCommand command, Func<Task> work, CancellationToken cancellationToken, ulong? sequence = null)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            if (!cancellationToken.IsCancellationRequested) Answer("error", command, ("message", "The client was closed."));
        }
        catch (Exception e) when (e is not (OutputClosedException or OutputFailedException))
        {
            var message = e is SessionCommandException or SyncException or ArgumentException or DeviceException ? e.Message : VerbCommand.Explain(e).Message;
            var answer = new JsonObject { ["event"] = "error", ["cmd"] = command.Name, ["message"] = message };
            if (e is SyncException { Code: not ErrorCode.None } refused) answer["code"] = ErrorName.Of(refused.Code);
            if (sequence is { } s) answer["sequence"] = s;
            Write(answer, command);
        }
    }

    private void Answer(string name, SessionCommand? command, params ReadOnlySpan<(string Key, JsonNode? Value)> fields)
    {
        var json = new JsonObject { ["event"] = name };
        foreach (var (key, value) in fields) json[key] = value;
        Write(json, command);
    }

    private void Write(JsonObject json, SessionCommand? command)
    {
        if (command?.Id is { } id) json["id"] = id;
        output.JsonLine(json);
    }
}
