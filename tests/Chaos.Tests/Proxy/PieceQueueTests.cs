using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Tests.Proxy;

public sealed class PieceQueueTests
{
    private readonly FakeTimeProvider _time = new();

    private PieceQueue Queue(bool ordered) => new(ordered, _time, _time.GetTimestamp());

    private static QueuedPiece Data(byte mark, double dueMs, object? owner = null) => new(new Piece(PieceKind.Data, new[] { mark }, TimeSpan.FromMilliseconds(dueMs)), owner);

    private static QueuedPiece Held(byte mark) => new(new Piece(PieceKind.Data, new[] { mark }, Piece.Held), null);

    private static async Task<byte> MarkAsync(PieceQueue queue) => (await queue.NextAsync(CancellationToken.None)).Bytes.Span[0];

    [Fact]
    public async Task A_piece_waits_for_its_time()
    {
        var queue = Queue(ordered: true);
        queue.Add(Data(1, 100));
        var next = MarkAsync(queue);
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, await next);
    }

    [Fact]
    public async Task A_stream_keeps_its_order_and_datagrams_go_by_their_time()
    {
        var (stream, datagrams) = (Queue(ordered: true), Queue(ordered: false));
        foreach (var queue in (PieceQueue[])[stream, datagrams])
        {
            queue.Add(Data(1, 100));
            queue.Add(Data(2, 50));
        }

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal([1, 2], new[] { await MarkAsync(stream), await MarkAsync(stream) });
        Assert.Equal([2, 1], new[] { await MarkAsync(datagrams), await MarkAsync(datagrams) });
    }

    [Fact]
    public async Task Removing_a_toxic_lets_everything_go_in_order_and_takes_back_its_own_pieces()
    {
        var queue = Queue(ordered: true);
        var owner = new object();
        queue.Add(Data(9, 10_000, owner));
        queue.Add(Data(1, 5_000));
        queue.Add(Held(2));
        queue.Flush([owner], keepHeld: false);
        queue.Add(Data(3, 0));
        Assert.Equal([1, 2, 3], new[] { await MarkAsync(queue), await MarkAsync(queue), await MarkAsync(queue) });
        Assert.Equal(0, queue.Bytes);
    }

    [Fact]
    public async Task What_another_toxic_still_holds_stays()
    {
        var queue = Queue(ordered: true);
        queue.Add(Held(1));
        queue.Flush([], keepHeld: true);
        queue.Add(Data(2, 0));
        var next = MarkAsync(queue);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(next.IsCompleted);
        queue.Flush([], keepHeld: false);
        Assert.Equal(1, await next);
    }

    [Fact]
    public async Task Reading_waits_while_the_queue_is_full()
    {
        var queue = Queue(ordered: true);
        queue.Add(Data(1, 10));
        var room = queue.WaitForRoomAsync(() => 1, CancellationToken.None).AsTask();
        Assert.False(room.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        await queue.NextAsync(CancellationToken.None);
        await room;
    }
}
