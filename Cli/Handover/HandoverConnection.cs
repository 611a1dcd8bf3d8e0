using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using ZeroK.Cli.Sync;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Handover;

/// <summary>One other process that works through this one's session. A request is {n, do, …}; its answers carry n and item, ok or error; {n, cancel} ends it.</summary>
internal sealed class HandoverConnection(FrameChannel channel, ISyncSession session) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, HandoverRequest> _requests = new();
    private readonly ConcurrentDictionary<ulong, Incoming> _handed = new();
    private readonly CancellationTokenSource _receivingEnds = new();
    private IAsyncEnumerator<Incoming>? _incoming;
    private Task<bool>? _next;

    /// <summary>Serves until the other process goes, or the token ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        try
        {
            while (await channel.ReceiveAsync(end.Token) is { } frame && (int?)frame["n"] is { } number)
            {
                running.RemoveAll(static t => t.IsCompleted);
                if (frame["do"] is not null) running.Add(DoAsync(number, frame, end));
                else if (!_requests.TryGetValue(number, out var request)) continue;
                else if (frame["cancel"] is not null) await request.End.CancelAsync();
                else request.Answers.Writer.TryWrite(frame);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // This process ends.
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    private async Task DoAsync(int number, JsonObject frame, CancellationTokenSource end)
    {
        using var request = new HandoverRequest(number, channel, CancellationTokenSource.CreateLinkedTokenSource(end.Token));
        _requests[number] = request;
        JsonObject answer;
        try
        {
            answer = new JsonObject { ["n"] = number, ["ok"] = await AnswerAsync(request, frame, request.End.Token) };
        }
        catch (OperationCanceledException)
        {
            answer = new JsonObject { ["n"] = number, ["error"] = HandoverJson.OfError(new OperationCanceledException()) };
        }
        catch (Exception e)
        {
            answer = new JsonObject { ["n"] = number, ["error"] = HandoverJson.OfError(e) };
        }

        try
        {
            _requests.TryRemove(number, out _);
            await channel.SendAsync(answer, end.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The other process is gone, or this one goes: nobody waits for the answer.
        }
    }

    private async Task<JsonNode?> AnswerAsync(HandoverRequest request, JsonObject frame, CancellationToken token) => (string?)frame["do"] switch
    {
        "hello" => new JsonObject
        {
            ["version"] = HandoverJson.Version,
            ["process"] = Environment.ProcessId,
            ["self"] = HandoverJson.Of(session.Self),
            ["name"] = session.Name,
            ["group"] = HandoverJson.Of(session.Group),
            ["status"] = HandoverJson.Of(session.Status),
        },
        "status" => HandoverJson.Of(session.Status),
        "push" => await PushAsync(request, frame, token),
        "flush" => await DoneAsync(session.FlushAsync(token)),
        "caughtup" => HandoverJson.Of(await session.CaughtUpAsync(token)),
        "devices" => HandoverJson.Of(await session.ListDevicesAsync(token)),
        "peek" => await PeekAsync(request, frame, token),
        "delete" => HandoverJson.Of(await session.DeleteAsync(HandoverJson.To<BlobId[]>(frame["blobs"]), token)),
        "retry" => HandoverJson.Of(await session.RetryUndecryptableAsync(token)),
        "events" => await EventsAsync(request, token),
        "next" => await NextAsync(token),
        "ack" => await AckAsync((ulong)frame["cursor"]!, token),
        _ => await HandoverContents.AnswerAsync(session.Contents, request, frame, token),
    };

    private static async Task<JsonNode?> DoneAsync(Task task)
    {
        await task;
        return new JsonObject();
    }

    // Told twice: when it is in the outbox, which nothing can take back, and when a relay has it.
    private async Task<JsonNode?> PushAsync(HandoverRequest request, JsonObject frame, CancellationToken token)
    {
        var pushed = await session.PushAsync(Convert.FromBase64String((string)frame["payload"]!), (string?)frame["label"], token);
        await request.TellAsync(new JsonObject { ["sequence"] = pushed.Sequence, ["blob"] = HandoverJson.Of(pushed.BlobId) }, token);
        return HandoverJson.Of(await pushed.Durable.WaitAsync(token));
    }

    private async Task<JsonNode?> PeekAsync(HandoverRequest request, JsonObject frame, CancellationToken token)
    {
        var page = await session.PeekAsync(new Cursor((ulong)frame["after"]!), (int)frame["limit"]!, token);
        foreach (var blob in page.Blobs) await request.TellAsync(HandoverJson.Of(blob), token);
        return HandoverJson.Of(page with { Blobs = [] });
    }

    private async Task<JsonNode?> EventsAsync(HandoverRequest request, CancellationToken token)
    {
        await foreach (var happened in session.EventsAsync(token)) await request.TellAsync(HandoverJson.OfEvent(happened), token);
        return new JsonObject();
    }

    // One blob for each question: what the other has not asked for stays here.
    private async Task<JsonNode?> NextAsync(CancellationToken token)
    {
        _incoming ??= session.ReceiveAsync(_receivingEnds.Token).GetAsyncEnumerator(CancellationToken.None);
        _next ??= _incoming.MoveNextAsync().AsTask();
        var has = await _next.WaitAsync(token);
        _next = null;
        if (!has) throw new SyncException("The session is closed.");
        var blob = _incoming.Current;
        _handed[blob.Cursor.Value] = blob;
        return HandoverJson.Of(new PeekedBlob(blob.Sender, blob.Sequence, blob.Cursor, blob.SentAt, blob.Label, blob.Payload));
    }

    private async Task<JsonNode?> AckAsync(ulong cursor, CancellationToken token)
    {
        if (!_handed.TryGetValue(cursor, out var blob)) throw new ArgumentException($"#{cursor} was not handed over.");
        await blob.AckAsync(token);
        foreach (var done in _handed.Keys.Where(c => c <= cursor)) _handed.TryRemove(done, out _);
        return new JsonObject();
    }

    // What was handed over and not acknowledged is handed over again to the next who reads.
    public async ValueTask DisposeAsync()
    {
        await _receivingEnds.CancelAsync();
        if (_next is not null) await _next.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (_incoming is not null) await _incoming.DisposeAsync();
        _receivingEnds.Dispose();
    }
}

/// <summary>A question of the other process that is being answered.</summary>
internal sealed class HandoverRequest(int number, FrameChannel channel, CancellationTokenSource end) : IDisposable
{
    private readonly SemaphoreSlim _asking = new(1, 1);

    /// <summary>Ends it.</summary>
    public CancellationTokenSource End => end;

    /// <summary>What the other answers to <see cref="AskAsync"/>.</summary>
    public Channel<JsonObject> Answers { get; } = System.Threading.Channels.Channel.CreateUnbounded<JsonObject>();

    /// <summary>Tells the other something on the way.</summary>
    public Task TellAsync(JsonNode? item, CancellationToken cancellationToken) => channel.SendAsync(new JsonObject { ["n"] = number, ["item"] = item }, cancellationToken);

    /// <summary>Asks the other something, one question at a time.</summary>
    public async Task<JsonObject> AskAsync(JsonObject question, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        await _asking.WaitAsync(either.Token);
        try
        {
            await TellAsync(question, either.Token);
            var answer = await Answers.Reader.ReadAsync(either.Token);
            return (string?)answer["failed"] is { } why ? throw new IOException(why) : answer;
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose()
    {
        end.Dispose();
        _asking.Dispose();
    }
}
