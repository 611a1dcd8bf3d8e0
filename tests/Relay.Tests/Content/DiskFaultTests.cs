using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using ZeroK.Relay.Tests.Storage;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Files;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Content;

/// <summary>A disk that is full, read-only, or changes what it keeps: always a typed error, never a wrong byte.</summary>
public sealed class DiskFaultTests : IDisposable
{
    private const int Piece = 64 * 1024;
    private const int Flipped = 150_000;
    private static readonly byte[] Laptop = [1];

    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly SomeContent _content = new(300_000);
    private readonly Guid _group = Guid.NewGuid();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ContentKey Key => _content.KeyIn(_group);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task Full_disk_is_told_as_such_and_the_upload_goes_on_from_what_fitted_when_there_is_room()
    {
        using var disk = SmallDisk.Mount(256);
        using var directory = new TempDirectory();
        using var index = SqliteContentIndex.Open(Path.Combine(directory.Path, "content.db"));
        var service = Service(disk.Path, index);
        Assert.Equal(0, (await service.BeginAsync(Key, Laptop, _content.Size, Stop)).HeldBytes);
        var codes = new List<ErrorCode>();
        foreach (var (offset, count) in _content.Pieces(Piece)) codes.Add(await WriteAsync(service, offset, count));
        Assert.Equal(ErrorCode.None, codes[0]);
        Assert.Contains(ErrorCode.StorageFull, codes);
        Assert.NotEqual(ErrorCode.None, await service.FinishAsync(Key, Laptop, _content.Size, Stop));
        Assert.Equal(ErrorCode.ContentNotFound, (await service.ReadAsync(Key, _content.Size, 0, 10, Stop)).Code);

        disk.Resize(1024);
        var held = (await service.BeginAsync(Key, Laptop, _content.Size, Stop)).HeldBytes;
        Assert.InRange(held, Piece, _content.Bytes.Length - 1);
        await PutAsync(service);
        await ServesAllAsync(service);
    }

    [Fact]
    public async Task Full_disk_under_the_index_is_told_as_such_and_announces_nothing()
    {
        using var disk = SmallDisk.Mount(128);
        using var directory = new TempDirectory();
        using var index = SqliteContentIndex.Open(Path.Combine(disk.Path, "content.db"));
        var service = Service(directory.Path, index);
        PutAnswer answer = default;
        ContentKey key = default;
        for (var i = 0; i < 2000 && answer.Code == ErrorCode.None; i++)
        {
            key = _content.KeyIn(Guid.NewGuid());
            answer = await service.BeginAsync(key, Laptop, _content.Size, Stop);
        }

        Assert.Equal(ErrorCode.StorageFull, answer.Code);
        Assert.Null(await index.FindAsync(key, Stop));
        disk.Resize(1024);
        Assert.Equal(ErrorCode.None, (await service.BeginAsync(key, Laptop, _content.Size, Stop)).Code);
    }

    [Fact]
    public async Task Disk_that_became_read_only_is_a_typed_failure_and_what_is_stored_is_still_served()
    {
        using var disk = SmallDisk.Mount(2048);
        using var directory = new TempDirectory();
        using var index = SqliteContentIndex.Open(Path.Combine(directory.Path, "content.db"));
        var service = Service(disk.Path, index);
        await PutAsync(service);
        var other = new SomeContent(100_000, 2);
        disk.MakeReadOnly();

        // The announcement writes no file yet.
        Assert.Equal(ErrorCode.None, (await service.BeginAsync(other.KeyIn(_group), Laptop, other.Size, Stop)).Code);
        Assert.Equal(ErrorCode.StoreUnavailable, await FirstPieceAsync());
        await ServesAllAsync(service);
        disk.Resize(2048);
        Assert.Equal(ErrorCode.None, await FirstPieceAsync());

        Task<ErrorCode> FirstPieceAsync() => service.WriteAsync(other.KeyIn(_group), other.Size, 0, 65_536, other.Encode(0, 65_536), Stop);
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "*.data", "flip" }, { "*.data", "cut" }, { "*.data", "delete" }, { "*.tree", "flip" }, { "*.tree", "cut" }, { "*.tree", "delete" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Stored_object_that_changed_on_disk_is_noticed_never_served_and_mended_by_the_next_put(string files, string how)
    {
        using var directory = new TempDirectory();
        using var index = SqliteContentIndex.Open(Path.Combine(directory.Path, "content.db"));
        var service = Service(directory.Path, index);
        await PutAsync(service);
        Damage(Directory.EnumerateFiles(directory.Path, files, SearchOption.AllDirectories).Single(), how);

        var refused = 0;
        foreach (var (offset, count) in _content.Pieces(Piece))
        {
            var (code, encoding) = await service.ReadAsync(Key, _content.Size, (ulong)offset, (uint)count, Stop);
            if (code == ErrorCode.None) Assert.Equal(_content.Bytes[(int)offset..((int)offset + count)], _content.Decode(offset, count, encoding.Span));
            else refused++;
        }

        Assert.NotEqual(0, refused);
        Assert.False((await service.BeginAsync(Key, Laptop, _content.Size, Stop)).IsStored);
        await PutAsync(service);
        await ServesAllAsync(service);
    }

    private static void Damage(string path, string how)
    {
        if (how == "delete")
        {
            File.Delete(path);
            return;
        }

        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var at = Math.Min(Flipped, RandomAccess.GetLength(file) / 2);
        if (how == "cut")
        {
            RandomAccess.SetLength(file, at);
            return;
        }

        var bytes = new byte[1];
        RandomAccess.Read(file, bytes, at);
        bytes[0] ^= 1;
        RandomAccess.Write(file, bytes, at);
    }

    private ContentService Service(string directory, IContentIndex index) => new(
        new FileContentStore(directory),
        index,
        new ContentLimits(),
        new ContentInstruments(_metrics.GetRequiredService<IMeterFactory>()),
        TimeProvider.System,
        NullLogger<ContentService>.Instance);

    private Task<ErrorCode> WriteAsync(ContentService service, long offset, int count) =>
        service.WriteAsync(Key, _content.Size, (ulong)offset, (uint)count, _content.Encode(offset, count), Stop);

    private async Task PutAsync(ContentService service)
    {
        var held = (await service.BeginAsync(Key, Laptop, _content.Size, Stop)).HeldBytes;
        foreach (var (offset, count) in _content.Pieces(Piece, held)) Assert.Equal(ErrorCode.None, await WriteAsync(service, offset, count));
        Assert.Equal(ErrorCode.None, await service.FinishAsync(Key, Laptop, _content.Size, Stop));
    }

    private async Task ServesAllAsync(ContentService service)
    {
        foreach (var (offset, count) in _content.Pieces(Piece))
        {
            var (code, encoding) = await service.ReadAsync(Key, _content.Size, (ulong)offset, (uint)count, Stop);
            Assert.Equal(ErrorCode.None, code);
            Assert.Equal(_content.Bytes[(int)offset..((int)offset + count)], _content.Decode(offset, count, encoding.Span));
        }
    }
}
