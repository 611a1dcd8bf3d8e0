using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using System.IO.Pipes;
using Xunit;
using ZeroK.Relay.Tests.Storage;
using ZeroK.Storage.Content;
using ZeroK.Storage.Content.Files;
using ZeroK.Storage.Content.Memory;
using ZeroK.Wire;

namespace ZeroK.Relay.Tests.Content;

/// <summary>A content that is called stored outlives a power cut: its bytes, then its names, then the row that says so.</summary>
public sealed class SealingTests : IDisposable
{
    private static readonly byte[] Laptop = [1];

    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly TempDirectory _directory = new();
    private readonly SomeContent _content = new(100_000);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Contents => Path.Combine(_directory.Path, "content");

    public void Dispose()
    {
        _directory.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task Both_files_are_on_the_disk_before_their_names_and_the_names_before_the_row()
    {
        var group = Guid.NewGuid();
        var steps = await PutAsync(group);
        var folder = group.ToString("N");
        Assert.Equal(
            ["folder .", "sync tree.part", "sync data.part", "rename tree", "rename data", $"folder {folder}", "folder content", "row"],
            steps);
    }

    [Fact]
    public async Task Step_that_fails_leaves_no_row_that_says_stored()
    {
        foreach (var failing in (string[])["sync tree.part", "sync data.part", "rename tree", "rename data", "folder content"])
        {
            var index = new MemoryContentIndex();
            var key = _content.KeyIn(Guid.NewGuid());
            var steps = new List<string>();
            var service = Service(index, new Noted(steps, _directory.Path, failing));
            Assert.NotEqual(ErrorCode.None, await PutAsync(service, key));
            Assert.False((await index.FindAsync(key, Stop))!.IsStored);
        }
    }

    [Fact]
    public void Stable_storage_asks_the_system_and_tells_its_refusal()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other files.");
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var handle = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Assert.Throws<IOException>(() => StableStorage.Sync(handle));
        Assert.Throws<IOException>(() => StableStorage.SyncFolder("/proc/self"));
        Assert.Throws<IOException>(() => StableStorage.SyncFolder(Path.Combine(_directory.Path, "missing")));
        StableStorage.SyncFolder(_directory.Path);
    }

    private async Task<List<string>> PutAsync(Guid group)
    {
        var steps = new List<string>();
        var service = Service(new NotedIndex(steps), new Noted(steps, _directory.Path, ""));
        Assert.Equal(ErrorCode.None, await PutAsync(service, _content.KeyIn(group)));
        return steps;
    }

    private async Task<ErrorCode> PutAsync(ContentService service, ContentKey key)
    {
        if ((await service.BeginAsync(key, Laptop, _content.Size, Stop)).Code is var begun and not ErrorCode.None) return begun;
        foreach (var (offset, count) in _content.Pieces(64 * 1024))
            Assert.Equal(ErrorCode.None, await service.WriteAsync(key, _content.Size, (ulong)offset, (uint)count, _content.Encode(offset, count), Stop));
        return await service.FinishAsync(key, Laptop, _content.Size, Stop);
    }

    private ContentService Service(IContentIndex index, SealingSteps steps) => new(
        new FileContentStore(Contents, steps),
        index,
        new ContentLimits(),
        ActivatorUtilities.CreateInstance<ContentInstruments>(_metrics),
        TimeProvider.System,
        NullLogger<ContentService>.Instance);

    /// <summary>The system's own steps, written down; one of them may fail.</summary>
    private sealed class Noted(List<string> steps, string root, string failing) : SealingSteps
    {
        public override void SyncFile(SafeFileHandle file, string path)
        {
            Note($"sync {Kind(path)}");
            base.SyncFile(file, path);
        }

        public override void Rename(string from, string to)
        {
            Note($"rename {Kind(to)}");
            base.Rename(from, to);
        }

        public override void SyncFolder(string folder)
        {
            Note($"folder {(folder == root ? "." : Path.GetFileName(folder))}");
            base.SyncFolder(folder);
        }

        private void Note(string step)
        {
            steps.Add(step);
            if (step == failing) throw new IOException("The test's disk fails. Let it.");
        }

        private static string Kind(string path) => Path.GetFileName(path).Split('.', 2)[1];
    }

    /// <summary>Writes down when the row says that the object is stored.</summary>
    private sealed class NotedIndex(List<string> steps) : IContentIndex
    {
        private readonly MemoryContentIndex _inner = new();

        public ValueTask<bool> StoredAsync(ContentKey key, ReadOnlyMemory<byte> device, ulong nowMs, CancellationToken cancellationToken)
        {
            steps.Add("row");
            return _inner.StoredAsync(key, device, nowMs, cancellationToken);
        }

        public ValueTask<ContentRow?> FindAsync(ContentKey key, CancellationToken cancellationToken) => _inner.FindAsync(key, cancellationToken);

        public ValueTask<Announced> AnnounceAsync(ContentKey key, long size, ContentQuota quota, ulong nowMs, CancellationToken cancellationToken) => _inner.AnnounceAsync(key, size, quota, nowMs, cancellationToken);

        public ValueTask<ContentUsage> UsageAsync(Guid group, CancellationToken cancellationToken) => _inner.UsageAsync(group, cancellationToken);

        public ValueTask DamagedAsync(ContentKey key, CancellationToken cancellationToken) => _inner.DamagedAsync(key, cancellationToken);

        public ValueTask<ContentKey?> ReleaseAsync(ContentKey key, ReadOnlyMemory<byte> device, CancellationToken cancellationToken) => _inner.ReleaseAsync(key, device, cancellationToken);

        public ValueTask<ContentKey?> ExpireAsync(ContentKey key, ulong olderThanMs, CancellationToken cancellationToken) => _inner.ExpireAsync(key, olderThanMs, cancellationToken);

        public ValueTask<IReadOnlyList<ContentKey>> FindExpiredAsync(ulong storedBeforeMs, ulong writtenBeforeMs, int most, CancellationToken cancellationToken) => _inner.FindExpiredAsync(storedBeforeMs, writtenBeforeMs, most, cancellationToken);

        public ValueTask<IReadOnlyList<ContentKey>> FindDroppedAsync(int most, CancellationToken cancellationToken) => _inner.FindDroppedAsync(most, cancellationToken);

        public ValueTask DroppedAsync(ContentKey key, CancellationToken cancellationToken) => _inner.DroppedAsync(key, cancellationToken);
    }
}
