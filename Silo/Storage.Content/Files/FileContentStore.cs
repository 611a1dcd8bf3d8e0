using Microsoft.Win32.SafeHandles;
using ZeroK.Content;

namespace ZeroK.Storage.Content.Files;

/// <summary>Objects as files: DIRECTORY/GROUP/HASH-GENERATION.data and .tree; with a .part after it while they are being written. What is in a name is a pseudonym and a ciphertext's hash.</summary>
public sealed class FileContentStore : IContentStore
{
    private const string Part = ".part";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _directory;
    private readonly SealingSteps _steps;

    /// <summary>Objects below a directory, which is made with the first one.</summary>
    public FileContentStore(string directory) : this(directory, new SealingSteps()) { }

    internal FileContentStore(string directory, SealingSteps steps) => (_directory, _steps) = (directory, steps);

    /// <inheritdoc/>
    public async ValueTask<long> ResumeAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        var (data, outboard) = PathsOf(key);
        return await GuardAsync(async () =>
        {
            // Files come with the first piece: an announcement alone leaves nothing on the disk.
            if (!File.Exists(data) && !File.Exists(data + Part)) return 0;

            // Stopped between sealing and its row: the object is whole, but nothing says so yet.
            foreach (var path in new[] { data, outboard })
            {
                if (File.Exists(path)) File.Move(path, path + Part, overwrite: true);
            }

            var content = Stream(data + Part);
            await using (content.ConfigureAwait(false))
            {
                var parents = Stream(outboard + Part);
                await using (parents.ConfigureAwait(false))
                {
                    var groups = await ContentStreams.CountVerifiedGroupsAsync(key.Hash, tree, content, parents, cancellationToken).ConfigureAwait(false);
                    return Math.Min(groups * tree.GroupSize, tree.Length);
                }
            }
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ContentKey key, ContentTree tree, VerifiedRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (data, outboard) = PathsOf(key);
        return new ValueTask(GuardAsync(async () =>
        {
            if (run.Offset == 0) Make(key, data, outboard);
            using (var file = Open(data + Part, FileAccess.Write)) await RandomAccess.WriteAsync(file, run.Bytes, run.Offset, cancellationToken).ConfigureAwait(false);
            if (run.Parents.Count == 0) return true;
            using (var file = Open(outboard + Part, FileAccess.Write))
            {
                foreach (var (offset, parents) in Together(run.Parents)) await RandomAccess.WriteAsync(file, parents, offset, cancellationToken).ConfigureAwait(false);
            }

            return true;
        }));
    }

    /// <inheritdoc/>
    public ValueTask SealAsync(ContentKey key, ContentTree tree, CancellationToken cancellationToken)
    {
        var (data, outboard) = PathsOf(key);
        return new ValueTask(GuardAsync(() => Task.Run(
            () =>
            {
                // The empty object has no piece that would have made them.
                if (tree.Length == 0) Make(key, data, outboard);

                // A name that lasts must not stand for bytes that don't: both files first, then their names, then what holds the names.
                foreach (var path in new[] { outboard, data })
                {
                    using var file = Open(path + Part, FileAccess.ReadWrite);
                    _steps.SyncFile(file, path + Part);
                }

                foreach (var path in new[] { outboard, data }) _steps.Rename(path + Part, path);
                _steps.SyncFolder(FolderOf(key));
                _steps.SyncFolder(_directory);
                return true;
            },
            cancellationToken)));
    }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(ContentKey key, TreeSource source, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var (data, outboard) = PathsOf(key);
        return await GuardAsync(async () =>
        {
            var path = source == TreeSource.Content ? data : outboard;
            if (!File.Exists(path)) return 0;
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
            var read = 0;
            while (read < destination.Length && await RandomAccess.ReadAsync(file, destination[read..], offset + read, cancellationToken).ConfigureAwait(false) is > 0 and var got) read += got;
            return read;
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask ReopenAsync(ContentKey key, CancellationToken cancellationToken)
    {
        // ResumeAsync takes sealed files for unsealed ones: nothing to do before it.
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(ContentKey key, CancellationToken cancellationToken)
    {
        var (data, outboard) = PathsOf(key);
        return new ValueTask(GuardAsync(() =>
        {
            if (!Directory.Exists(FolderOf(key))) return Task.FromResult(true);
            foreach (var path in new[] { data, outboard, data + Part, outboard + Part }) File.Delete(path);
            return Task.FromResult(true);
        }));
    }

    // Those that lie side by side as one: most of a run's do.
    private static IEnumerable<(long Offset, ReadOnlyMemory<byte> Parents)> Together(IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Parent)> parents)
    {
        var all = new byte[parents.Count * ContentTree.ParentSize];
        var (from, to) = (0, 0);
        for (var i = 0; i < parents.Count; i++)
        {
            parents[i].Parent.CopyTo(all.AsMemory(to));
            to += ContentTree.ParentSize;
            if (i + 1 < parents.Count && parents[i + 1].Offset == parents[i].Offset + ContentTree.ParentSize) continue;
            yield return (parents[i].Offset + ContentTree.ParentSize - (to - from), all.AsMemory(from, to - from));
            from = to;
        }
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> step)
    {
        try
        {
            return await step().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException and not ContentStoreException or UnauthorizedAccessException)
        {
            var isFull = StableStorage.IsFull(e);
            throw new ContentStoreException(
                isFull ? "There is no room for contents: free space where the data directory is; the relay goes on by itself." : $"The content files can't be used ({e.GetType().Name}). Check the disk, the rights of the data directory, and the system's log.",
                e) { IsFull = isFull };
        }
    }

    private static SafeFileHandle Open(string path, FileAccess access) => File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);

    private static FileStream Stream(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }

    private string FolderOf(ContentKey key) => Path.Combine(_directory, key.Group.ToString("N"));

    private (string Data, string Outboard) PathsOf(ContentKey key)
    {
        var name = Path.Combine(FolderOf(key), $"{key.Hash.ToHex()}-{key.Generation:x16}");
        return (name + ".data", name + ".tree");
    }

    private void Make(ContentKey key, string data, string outboard)
    {
        MakeFolder(key);
        foreach (var path in new[] { data + Part, outboard + Part }) Stream(path).Dispose();
    }

    // Each by itself: a folder that is made on the way to another gets the system's rights.
    private void MakeFolder(ContentKey key)
    {
        var isFirst = !Directory.Exists(_directory);
        foreach (var folder in new[] { _directory, FolderOf(key) })
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }

        if (isFirst && Path.GetDirectoryName(Path.GetFullPath(_directory)) is { } above) _steps.SyncFolder(above);
    }
}
