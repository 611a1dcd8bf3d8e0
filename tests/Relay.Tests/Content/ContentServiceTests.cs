using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using System.Diagnostics.Metrics;
using Xunit;
using ZeroK.Content;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Memory;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Content;

/// <summary>The rules of contents, on the twins of store and index.</summary>
public sealed class ContentServiceTests : IDisposable
{
    private const int Piece = 64 * 1024;
    private static readonly byte[] Laptop = [1], Phone = [2];

    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MemoryContentStore _store = new();
    private readonly MemoryContentIndex _index = new();
    private readonly Guid _group = Guid.NewGuid();
    private readonly SomeContent _content = new(300_000);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ContentKey Key => _content.KeyIn(_group);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task Object_that_was_put_is_served_and_every_run_verifies()
    {
        var service = Open();
        await PutAsync(service, Laptop);
        foreach (var (offset, count) in new[] { (0, 300_000 - 262_144), (0, 1), (70_000, 10), (299_999, 1), (0, 262_144) })
        {
            var (code, encoding) = await service.ReadAsync(Key, 300_000, (ulong)offset, (uint)count, Stop);
            Assert.Equal(ErrorCode.None, code);
            var first = offset / 16_384 * 16_384;
            var bytes = _content.Decode(first, Math.Min(300_000, (offset + count + 16_383) / 16_384 * 16_384) - first, encoding.Span);
            Assert.Equal(_content.Bytes.AsSpan(offset, count), bytes.AsSpan(offset - first, count));
        }
    }

    [Fact]
    public async Task Nothing_is_served_before_the_object_is_finished_or_to_another_group()
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        foreach (var (offset, count) in _content.Pieces(Piece)) Assert.Equal(ErrorCode.None, await WriteAsync(service, offset, count));
        Assert.Equal(ErrorCode.ContentNotFound, (await service.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
        Assert.Equal(ErrorCode.None, await service.FinishAsync(Key, Laptop, _content.Size, Stop));
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
        Assert.Equal(ErrorCode.ContentNotFound, (await service.ReadAsync(_content.KeyIn(Guid.NewGuid()), _content.Size, 0, 10, Stop)).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    [InlineData(20_000)]
    public async Task Piece_with_one_wrong_bit_is_refused_and_the_upload_goes_on_with_the_right_one(int at)
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        var bad = _content.Encode(0, Piece);
        bad[at] ^= 1;
        Assert.Equal(ErrorCode.ContentMismatch, await service.WriteAsync(Key, _content.Size, 0, Piece, bad, Stop));
        Assert.Equal(0, (await service.BeginAsync(Key, Laptop, _content.Size, Stop)).HeldBytes);
        await PutAsync(service, Laptop);
        Assert.True((await service.BeginAsync(Key, Laptop, _content.Size, Stop)).IsStored);
    }

    [Fact]
    public async Task Encoding_with_bytes_too_many_or_too_few_is_refused()
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        var good = _content.Encode(0, Piece);
        Assert.Equal(ErrorCode.ContentMismatch, await service.WriteAsync(Key, _content.Size, 0, Piece, good.AsMemory(0, good.Length - 1), Stop));
        Assert.Equal(ErrorCode.ContentMismatch, await service.WriteAsync(Key, _content.Size, 0, Piece, (byte[])[.. good, 0], Stop));
    }

    [Theory]
    [InlineData(1, Piece)]
    [InlineData(0, 100)]
    [InlineData(0, 0)]
    [InlineData(0, 300_001)]
    [InlineData(294_912, 16_384)]
    [InlineData(327_680, 16_384)]
    public async Task Run_that_is_not_of_whole_groups_inside_the_object_is_refused(long offset, uint count)
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        Assert.Equal(ErrorCode.InvalidMessage, await service.WriteAsync(Key, _content.Size, (ulong)offset, count, new byte[10], Stop));
    }

    [Fact]
    public async Task Piece_after_a_hole_is_out_of_order_and_one_before_the_end_is_taken_again()
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        Assert.Equal(ErrorCode.OutOfOrder, await WriteAsync(service, Piece, Piece));
        Assert.Equal(ErrorCode.None, await WriteAsync(service, 0, Piece));
        Assert.Equal(ErrorCode.None, await WriteAsync(service, 0, Piece));
        Assert.Equal(ErrorCode.OutOfOrder, await service.FinishAsync(Key, Laptop, _content.Size, Stop));
        Assert.Equal(Piece, (await service.BeginAsync(Key, Laptop, _content.Size, Stop)).HeldBytes);
    }

    [Fact]
    public async Task Upload_goes_on_after_a_restart_with_what_verifies()
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        await WriteAsync(service, 0, Piece);
        await WriteAsync(service, Piece, Piece);
        _store.Damage(Key, bytes => bytes[Piece + 5] ^= 1);
        Assert.Equal(Piece, (await Open().BeginAsync(Key, Laptop, _content.Size, Stop)).HeldBytes);
    }

    [Fact]
    public async Task Group_without_room_is_told_how_much_it_uses_and_nothing_is_kept()
    {
        var service = Open(new ContentLimits { GroupBytesMax = 400_000 + (2 * ContentUsage.ObjectBytes) });
        await PutAsync(service, Laptop);
        var other = new SomeContent(100_001, 2);
        var answer = await service.BeginAsync(other.KeyIn(_group), Laptop, other.Size, Stop);
        Assert.Equal(new PutAnswer(ErrorCode.GroupQuotaExceeded, false, 0, 300_000 + ContentUsage.ObjectBytes), answer);
        Assert.Equal(1, _store.Count);
        await service.ReleaseAsync(Key, Laptop, Stop);
        Assert.Equal(ErrorCode.None, (await service.BeginAsync(other.KeyIn(_group), Laptop, other.Size, Stop)).Code);
    }

    [Fact]
    public async Task Asking_for_room_says_whether_there_is_some_and_leaves_nothing()
    {
        var service = Open(new ContentLimits { GroupBytesMax = 400_000 });
        var nothing = new ContentKey(_group, new ContentHash(new byte[32]));
        Assert.Equal(new PutAnswer(ErrorCode.None, false, 0, 0), await service.BeginAsync(nothing, Laptop, 400_000 - ContentUsage.ObjectBytes, Stop));
        Assert.Equal(new PutAnswer(ErrorCode.GroupQuotaExceeded, false, 0, 0), await service.BeginAsync(nothing, Laptop, 400_001 - ContentUsage.ObjectBytes, Stop));
        Assert.Equal(0, _store.Count);
        Assert.Equal(default, await _index.UsageAsync(_group, Stop));
    }

    [Fact]
    public async Task Empty_object_has_one_address_and_any_other_is_refused_before_it_is_noted()
    {
        var service = Open();
        for (byte i = 1; i < 20; i++) Assert.Equal(ErrorCode.ContentMismatch, (await service.BeginAsync(new ContentKey(_group, Blake3.Hash([i])), Laptop, 0, Stop)).Code);
        Assert.Equal(default, await _index.UsageAsync(_group, Stop));
        var empty = new ContentKey(_group, Blake3.Hash([]));
        Assert.Equal(ErrorCode.None, (await service.BeginAsync(empty, Laptop, 0, Stop)).Code);
        Assert.Equal(ErrorCode.None, await service.FinishAsync(empty, Laptop, 0, Stop));
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(empty, 0, 0, 0, Stop)).Code);
    }

    [Fact]
    public async Task Group_has_no_more_objects_than_it_may_however_small_they_are()
    {
        var service = Open(new ContentLimits { GroupObjectsMax = 3 });
        for (byte i = 0; i < 5; i++) Assert.Equal(i < 3 ? ErrorCode.None : ErrorCode.GroupQuotaExceeded, (await service.BeginAsync(new ContentKey(_group, Blake3.Hash([i])), Laptop, 1, Stop)).Code);
    }

    [Fact]
    public async Task Second_device_that_puts_the_same_object_sends_nothing_and_keeps_it_alive()
    {
        var service = Open();
        await PutAsync(service, Laptop);
        Assert.True((await service.BeginAsync(Key, Phone, _content.Size, Stop)).IsStored);
        await service.ReleaseAsync(Key, Laptop, Stop);
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
        await service.ReleaseAsync(Key, Phone, Stop);
        Assert.Equal(ErrorCode.ContentNotFound, (await service.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task Damaged_object_is_never_served_and_is_mended_by_the_next_put()
    {
        var service = Open();
        await PutAsync(service, Laptop);
        _store.Damage(Key, bytes => bytes[200_000] ^= 1);
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(Key, _content.Size, 0, 16_384, Stop)).Code);
        Assert.Equal(ErrorCode.ContentNotFound, (await service.ReadAsync(Key, _content.Size, 196_608, 16_384, Stop)).Code);
        var answer = await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        Assert.Equal((false, 196_608L), (answer.IsStored, answer.HeldBytes));
        await PutAsync(service, Laptop);
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(Key, _content.Size, 196_608, 16_384, Stop)).Code);
    }

    [Fact]
    public async Task One_bad_read_of_a_good_object_is_looked_at_again()
    {
        var service = Open();
        await PutAsync(service, Laptop);
        var reads = 0;
        _store.Before = _ =>
        {
            if (++reads == 1) _store.Damage(Key, bytes => bytes[5] ^= 1);

            // A look is two reads: the parents, then the group.
            if (reads == 3) _store.Damage(Key, bytes => bytes[5] ^= 1);
        };
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(Key, _content.Size, 0, 16_384, Stop)).Code);
        Assert.True((await service.BeginAsync(Key, Laptop, _content.Size, Stop)).IsStored);
    }

    [Theory]
    [InlineData(true, ErrorCode.StorageFull)]
    [InlineData(false, ErrorCode.StoreUnavailable)]
    public async Task Failing_store_is_told_as_such_and_the_upload_goes_on_when_it_is_back(bool isFull, ErrorCode code)
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        await WriteAsync(service, 0, Piece);
        _store.Before = _ => throw new ContentStoreException("Broken by the test.") { IsFull = isFull };
        Assert.Equal(code, await WriteAsync(service, Piece, Piece));
        Assert.Equal(code, (await service.BeginAsync(Key, Laptop, _content.Size, Stop)).Code);
        _store.Before = null;
        await PutAsync(service, Laptop);
        _store.Before = _ => throw new ContentStoreException("Broken by the test.") { IsFull = isFull };
        Assert.Equal(code, (await service.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
        _store.Before = null;
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
    }

    [Fact]
    public async Task What_nobody_touches_expires_and_what_somebody_touches_stays()
    {
        var service = Open();
        await PutAsync(service, Laptop);
        var upload = new SomeContent(100_000, 2);
        await service.BeginAsync(upload.KeyIn(_group), Laptop, upload.Size, Stop);
        _time.Advance(TimeSpan.FromHours(25));
        Assert.Equal(1, await service.SweepAsync(Stop));
        Assert.Equal(ErrorCode.ContentNotFound, await service.WriteAsync(upload.KeyIn(_group), upload.Size, 0, Piece, upload.Encode(0, Piece), Stop));
        _time.Advance(TimeSpan.FromHours(140));
        await service.BeginAsync(Key, Phone, _content.Size, Stop);
        _time.Advance(TimeSpan.FromHours(140));
        Assert.Equal(0, await service.SweepAsync(Stop));
        _time.Advance(TimeSpan.FromHours(29));
        Assert.Equal(1, await service.SweepAsync(Stop));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task What_a_stopped_relay_had_yet_to_drop_is_dropped_by_the_next_look_and_a_new_upload_of_it_is_not()
    {
        var service = Open();
        await PutAsync(service, Laptop);
        _store.Before = _ => throw new ContentStoreException("Broken by the test.");
        Assert.Equal(ErrorCode.StoreUnavailable, await service.ReleaseAsync(Key, Laptop, Stop));
        _store.Before = null;
        var next = Open();
        await PutAsync(next, Phone);
        Assert.Equal(2, _store.Count);
        await next.SweepAsync(Stop);
        Assert.Equal(1, _store.Count);
        Assert.Empty(await _index.FindDroppedAsync(10, Stop));
        Assert.Equal(ErrorCode.None, (await next.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
    }

    [Fact]
    public async Task Upload_that_another_relay_drops_before_it_is_finished_is_not_acknowledged()
    {
        var other = Open();
        var one = Open(store: new AfterSealing(_store, async () =>
        {
            // The other finds that its time is over; and somebody announces it anew.
            _time.Advance(TimeSpan.FromHours(25));
            Assert.Equal(1, await other.SweepAsync(Stop));
            Assert.Equal(0, (await other.BeginAsync(Key, Phone, _content.Size, Stop)).HeldBytes);
        }));
        await one.BeginAsync(Key, Laptop, _content.Size, Stop);
        foreach (var (offset, count) in _content.Pieces(Piece)) Assert.Equal(ErrorCode.None, await WriteAsync(one, offset, count));
        Assert.Equal(ErrorCode.ContentNotFound, await one.FinishAsync(Key, Laptop, _content.Size, Stop));
        Assert.Equal(ErrorCode.ContentNotFound, (await one.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
        Assert.False((await one.BeginAsync(Key, Laptop, _content.Size, Stop)).IsStored);
        await PutAsync(other, Phone);
        Assert.Equal(ErrorCode.None, (await one.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);
    }

    [Fact]
    public async Task Sweep_that_meets_an_upload_waits_and_then_leaves_it_alone()
    {
        var service = Open();
        await service.BeginAsync(Key, Laptop, _content.Size, Stop);
        _time.Advance(TimeSpan.FromHours(25));

        // The sweep has found the old row; before its turn the device announces the object again.
        using var inStep = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        _store.Before = _ =>
        {
            _store.Before = null;
            inStep.Release();
            goOn.Wait(Stop);
        };
        var fresh = Open();
        var announcing = Task.Run(() => service.WriteAsync(Key, _content.Size, 0, Piece, _content.Encode(0, Piece), Stop), Stop);
        await inStep.WaitAsync(Stop);
        var sweeping = Task.Run(() => service.SweepAsync(Stop), Stop);
        Assert.False(sweeping.IsCompleted);
        await _index.AnnounceAsync(Key, 300_000, new ContentQuota(long.MaxValue, 10), (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds(), Stop);
        goOn.Release();
        Assert.Equal(ErrorCode.None, await announcing);
        Assert.Equal(0, await sweeping);
        Assert.Equal(Piece, (await fresh.BeginAsync(Key, Laptop, _content.Size, Stop)).HeldBytes);
    }

    [Fact]
    public async Task Empty_object_is_an_object()
    {
        var service = Open();
        var empty = new SomeContent(0);
        var key = empty.KeyIn(_group);
        await service.BeginAsync(key, Laptop, 0, Stop);
        Assert.Equal(ErrorCode.None, await service.WriteAsync(key, 0, 0, 0, ReadOnlyMemory<byte>.Empty, Stop));
        Assert.Equal(ErrorCode.None, await service.FinishAsync(key, Laptop, 0, Stop));
        Assert.Equal(ErrorCode.None, (await service.ReadAsync(key, 0, 0, 0, Stop)).Code);
    }

    private ContentService Open(ContentLimits? limits = null, IContentStore? store = null) =>
        new(store ?? _store, _index, limits ?? new ContentLimits(), new ContentInstruments(_metrics.GetRequiredService<IMeterFactory>()), _time, NullLogger<ContentService>.Instance);

    private Task<ErrorCode> WriteAsync(ContentService service, long offset, int count) =>
        service.WriteAsync(Key, _content.Size, (ulong)offset, (uint)count, _content.Encode(offset, count), Stop);

    private async Task PutAsync(ContentService service, byte[] device)
    {
        var held = (await service.BeginAsync(Key, device, _content.Size, Stop)).HeldBytes;
        foreach (var (offset, count) in _content.Pieces(Piece, held)) Assert.Equal(ErrorCode.None, await WriteAsync(service, offset, count));
        Assert.Equal(ErrorCode.None, await service.FinishAsync(Key, device, _content.Size, Stop));
    }
}
