using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ZeroK.Cli.Sync;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Tests;

/// <summary>A session without a relay: hands out what a test puts in, records what a verb does.</summary>
internal sealed class FakeSession : ISyncSession, ISessionFactory
{
    private readonly Channel<Incoming> _incoming = System.Threading.Channels.Channel.CreateUnbounded<Incoming>();
    private readonly Channel<SyncEvent> _events = System.Threading.Channels.Channel.CreateUnbounded<SyncEvent>();
    private readonly TaskCompletionSource _allRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    public static readonly DeviceId Other = new(Enumerable.Repeat((byte)0xab, 32).ToArray());

    public List<(byte[] Payload, string? Label)> Pushes { get; } = [];

    /// <summary>What happens elsewhere when a blob was pushed.</summary>
    public Action<string?>? OnPush { get; set; }

    public List<ulong> Acked { get; } = [];

    public SyncStatus Status { get; set; } = new() { State = SyncState.Live };

    public Func<ulong, Task<Cursor>> Durable { get; set; } = s => Task.FromResult(new Cursor(s));

    public IContentSession Contents { get; set; } = new FakeContents();

    public DeviceId Self { get; } = new(new byte[32]);

    public string Name => "fake";

    public GroupInfo Group { get; } = new(new GroupId(new byte[32]), 1, false, []);

    public void Arrives(string? label, params byte[] payload)
    {
        var cursor = (ulong)++_left;
        _incoming.Writer.TryWrite(new Incoming(Other, cursor, new Cursor(cursor), DateTimeOffset.UnixEpoch, label, payload)
        {
            AckAsync = _ => { Acked.Add(cursor); if (cursor == (ulong)_left) _allRead.TrySetResult(); return ValueTask.CompletedTask; },
        });
    }

    public void Happens(SyncEvent happened) => _events.Writer.TryWrite(happened);

    public Task<ISyncSession> OpenAsync(string directory, SyncOptions options, bool alone, CancellationToken cancellationToken) => Task.FromResult<ISyncSession>(this);

    public Task<Pushed> PushAsync(ReadOnlyMemory<byte> payload, string? label, CancellationToken cancellationToken)
    {
        Pushes.Add((payload.ToArray(), label));
        OnPush?.Invoke(label);
        var sequence = (ulong)Pushes.Count;
        return Task.FromResult(new Pushed(sequence, BlobId.New(), Durable(sequence)));
    }

    public async IAsyncEnumerable<Incoming> ReceiveAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in _incoming.Reader.ReadAllAsync(cancellationToken)) yield return blob;
    }

    public IAsyncEnumerable<SyncEvent> EventsAsync(CancellationToken cancellationToken) => _events.Reader.ReadAllAsync(cancellationToken);

    public Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<Cursor> CaughtUpAsync(CancellationToken cancellationToken)
    {
        if (_left > 0) await _allRead.Task.WaitAsync(cancellationToken);
        return new Cursor((ulong)_left);
    }

    public Task<IReadOnlyList<GroupDevice>> ListDevicesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<GroupDevice>>([new GroupDevice(Other, "phone", false, default, default, new Cursor(3), 4, true, false)]);

    public Task<PeekResult> PeekAsync(Cursor after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(new PeekResult([new PeekedBlob(Other, 1, after.Next, default, null, "kept"u8.ToArray())], after.Next, after.Next, new Cursor(1), 0));

    public List<BlobId> Deleted { get; } = [];

    public IReadOnlyList<RelayAddress> NotReached { get; set; } = [];

    public Task<IReadOnlyList<RelayAddress>> DeleteAsync(IReadOnlyCollection<BlobId> blobs, CancellationToken cancellationToken)
    {
        Deleted.AddRange(blobs);
        return Task.FromResult(NotReached);
    }

    public Task<int> RetryUndecryptableAsync(CancellationToken cancellationToken) => Task.FromResult(0);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
