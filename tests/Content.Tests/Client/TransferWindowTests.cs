using Microsoft.Extensions.Time.Testing;
using Xunit;
using ZeroK.Client.Content;

namespace ZeroK.Content.Tests.Client;

/// <summary>How much is under way at a time.</summary>
public sealed class TransferWindowTests
{
    private readonly FakeTimeProvider _time = new();

    private async Task MoveAsync(TransferWindow window, TimeSpan took) =>
        await RunAsync(window, window.PieceBytes, () =>
        {
            _time.Advance(took);
            return Task.FromResult(0);
        });

    private static async Task<int> RunAsync(TransferWindow window, int bytes, Func<Task<int>> move, CancellationToken token = default)
    {
        await window.EnterAsync(bytes, token);
        return await window.MoveAsync(bytes, move);
    }

    [Fact]
    public async Task Fast_line_opens_the_window_to_its_limit_and_a_slow_one_closes_it_to_one_segment()
    {
        var window = new TransferWindow(_time);
        for (var i = 0; i < 40; i++) await MoveAsync(window, TimeSpan.FromMilliseconds(10));
        Assert.Equal(TransferWindow.Max, window.Bytes);
        Assert.Equal(TransferWindow.PieceMax, window.PieceBytes);
        for (var i = 0; i < 10; i++) await MoveAsync(window, TimeSpan.FromSeconds(2));
        Assert.Equal(TransferWindow.Min, window.Bytes);
        Assert.Equal(TransferWindow.Min, window.PieceBytes);
    }

    [Fact]
    public async Task Between_fast_and_slow_the_window_stays()
    {
        var window = new TransferWindow(_time);
        var before = window.Bytes;
        for (var i = 0; i < 10; i++) await MoveAsync(window, TimeSpan.FromMilliseconds(300));
        Assert.Equal(before, window.Bytes);
    }

    [Fact]
    public async Task Window_stays_once_replies_wait_in_a_queue()
    {
        var window = new TransferWindow(_time);
        for (var i = 0; i < 4; i++) await MoveAsync(window, TimeSpan.FromMilliseconds(10));
        var before = window.Bytes;
        for (var i = 0; i < 4; i++) await MoveAsync(window, TimeSpan.FromMilliseconds(60));
        Assert.Equal(before, window.Bytes);
        await MoveAsync(window, TimeSpan.FromMilliseconds(20));
        Assert.True(window.Bytes > before);
    }

    [Fact]
    public async Task No_more_than_the_window_is_under_way_and_who_waits_first_goes_first()
    {
        var window = new TransferWindow(_time);
        var (order, gates) = (new List<int>(), new List<TaskCompletionSource<int>>());
        var running = new List<Task>();
        for (var i = 0; i < 6; i++)
        {
            var (number, gate) = (i, new TaskCompletionSource<int>());
            gates.Add(gate);
            running.Add(RunAsync(window, 100 * 1024, () =>
            {
                lock (order) order.Add(number);
                return gate.Task;
            }));
        }

        Assert.Equal([0, 1], order);
        Assert.False(window.TryEnter(1));
        using var stopped = new CancellationTokenSource();
        var cancelled = RunAsync(window, 100 * 1024, () => Task.FromResult(99), stopped.Token);
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        foreach (var (number, gate) in gates.Index())
        {
            // Neither fast nor slow enough for a wider window: each that leaves lets one in.
            _time.Advance(TimeSpan.FromMilliseconds(250));
            gate.SetResult(number);
            await running[number];
            while (Begun() < Math.Min(6, number + 3)) await Task.Yield();
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], order);

        int Begun()
        {
            lock (order) return order.Count;
        }
    }

    [Fact]
    public async Task Failed_piece_gives_its_room_back()
    {
        var window = new TransferWindow(_time);
        for (var i = 0; i < 20; i++) await Assert.ThrowsAsync<IOException>(() => RunAsync(window, window.PieceBytes, () => throw new IOException()));
        Assert.Equal(1, await RunAsync(window, TransferWindow.Max, () => Task.FromResult(1)));
    }
}
