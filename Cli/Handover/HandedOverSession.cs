using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ZeroK.Cli.Sync;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Handover;

/// <summary>The session of another process of this user that holds the device: all that is done here is done there.</summary>
internal sealed class HandedOverSession : ISyncSession
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly HandoverLink _link;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _since;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _looking;
    private SyncStatus _status;

    private HandedOverSession(HandoverLink link, JsonNode hello, IReadOnlyList<ContentTransfer> transfers, TimeProvider time)
    {
        (_link, _time, _since) = (link, time, time.GetUtcNow());
        Self = HandoverJson.To<DeviceId>(hello["self"]);
        Name = (string)hello["name"]!;
        Group = HandoverJson.To<GroupInfo>(hello["group"]);
        _status = HandoverJson.To<SyncStatus>(hello["status"]);
        Contents = new HandedOverContents(link, transfers);
        _looking = LookAsync();
    }

    public DeviceId Self { get; }

    public string Name { get; }

    public GroupInfo Group { get; }

    public IContentSession Contents { get; }

    /// <summary>As it was a moment ago.</summary>
    public SyncStatus Status => Volatile.Read(ref _status);

    /// <summary>Works through the process that holds a directory; null if none can be reached there.</summary>
    public static async Task<HandedOverSession?> TryOpenAsync(string directory, TimeProvider time, CancellationToken cancellationToken)
    {
        if (HandoverLink.TryConnect(directory) is not { } link) return null;
        try
        {
            var hello = await link.AskAsync("hello", cancellationToken: cancellationToken) ?? throw new IOException("The zerok that runs this device doesn't say who it is.");
            link.Process = (int?)hello["process"] ?? 0;
            if ((int?)hello["version"] != HandoverJson.Version) throw new CliException(ExitCode.Error, $"The zerok that runs this device (process {link.Process}) is of another version.", "End it and start it again.");
            var transfers = HandoverJson.To<List<ContentTransfer>>(await link.AskAsync("transfers", cancellationToken: cancellationToken));
            return new HandedOverSession(link, hello, transfers, time);
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    public async Task<Pushed> PushAsync(ReadOnlyMemory<byte> payload, string? label, CancellationToken cancellationToken)
    {
        var accepted = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var fields = new JsonObject { ["payload"] = Convert.ToBase64String(payload.Span), ["label"] = label };
        var durable = DurableAsync();
        if (await Task.WhenAny(accepted.Task, durable).WaitAsync(cancellationToken) == durable) await durable;
        var pushed = await accepted.Task;
        return new Pushed((ulong)pushed["sequence"]!, HandoverJson.To<BlobId>(pushed["blob"]), durable);

        async Task<Cursor> DurableAsync()
        {
            var cursor = await _link.AskAsync(
                "push",
                fields,
                item =>
                {
                    accepted.TrySetResult(item!);
                    return Task.FromResult<JsonObject?>(null);
                },
                _end.Token);
            return HandoverJson.To<Cursor>(cursor);
        }
    }

    public async IAsyncEnumerable<Incoming> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var blob = HandoverJson.To<PeekedBlob>(await _link.AskAsync("next", cancellationToken: cancellationToken));
            yield return new Incoming(blob.Sender, blob.Sequence, blob.Cursor, blob.SentAt, blob.Label, blob.Payload)
            {
                AckAsync = async token => await _link.AskAsync("ack", new JsonObject { ["cursor"] = blob.Cursor.Value }, cancellationToken: token),
            };
        }
    }

    public async IAsyncEnumerable<SyncEvent> EventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var events = System.Threading.Channels.Channel.CreateUnbounded<SyncEvent>();
        var asking = AskAsync();
        await foreach (var happened in events.Reader.ReadAllAsync(cancellationToken)) yield return happened;
        await asking;

        // What happened before this command began was told by the other.
        async Task AskAsync()
        {
            try
            {
                await _link.AskAsync("events", null, Take, cancellationToken);
            }
            catch (Exception e) when (e is CliException or IOException or OperationCanceledException)
            {
                // The work that waits for the other process tells that it ended.
            }
            finally
            {
                events.Writer.TryComplete();
            }
        }

        Task<JsonObject?> Take(JsonNode? item)
        {
            if (HandoverJson.ToEvent(item) is { } happened && happened.At >= _since) events.Writer.TryWrite(happened);
            return Task.FromResult<JsonObject?>(null);
        }
    }

    public Task FlushAsync(CancellationToken cancellationToken) => _link.AskAsync("flush", cancellationToken: cancellationToken);

    public async Task<Cursor> CaughtUpAsync(CancellationToken cancellationToken) => HandoverJson.To<Cursor>(await _link.AskAsync("caughtup", cancellationToken: cancellationToken));

    public async Task<IReadOnlyList<GroupDevice>> ListDevicesAsync(CancellationToken cancellationToken) =>
        HandoverJson.To<List<GroupDevice>>(await _link.AskAsync("devices", cancellationToken: cancellationToken));

    public async Task<PeekResult> PeekAsync(Cursor after, int limit, CancellationToken cancellationToken)
    {
        var blobs = new List<PeekedBlob>();
        var fields = new JsonObject { ["after"] = after.Value, ["limit"] = limit };
        var page = await _link.AskAsync(
            "peek",
            fields,
            item =>
            {
                blobs.Add(HandoverJson.To<PeekedBlob>(item));
                return Task.FromResult<JsonObject?>(null);
            },
            cancellationToken);
        return HandoverJson.To<PeekResult>(page) with { Blobs = blobs };
    }

    public async Task<IReadOnlyList<RelayAddress>> DeleteAsync(IReadOnlyCollection<BlobId> blobs, CancellationToken cancellationToken) =>
        HandoverJson.To<List<RelayAddress>>(await _link.AskAsync("delete", new JsonObject { ["blobs"] = HandoverJson.Of(blobs) }, cancellationToken: cancellationToken));

    public async Task<int> RetryUndecryptableAsync(CancellationToken cancellationToken) => HandoverJson.To<int>(await _link.AskAsync("retry", cancellationToken: cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _looking;
        await _link.DisposeAsync();
        _end.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, _time, _end.Token);
                Volatile.Write(ref _status, HandoverJson.To<SyncStatus>(await _link.AskAsync("status", cancellationToken: _end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or CliException or IOException)
        {
            // The end of this command, or of the other process: who waits for that one hears of it.
        }
    }
}
