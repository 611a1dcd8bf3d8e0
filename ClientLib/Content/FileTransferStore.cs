using System.Globalization;
using System.Security.Cryptography;
using ZeroK.Client.Keys;

namespace ZeroK.Client.Content;

/// <summary>Transfers in a directory (mode 0700, files 0600): for each a small record, and its staged objects as two files each. Names are content ids, which are random.</summary>
internal sealed class FileTransferStore : ITransferStore
{
    private const int RecordBytesMax = 64 * 1024 * 1024;
    private const int ChecksumSize = 8;
    private const string RecordEnding = ".transfer", SealedEnding = ".sealed", OutboardEnding = ".outboard", TemporaryEnding = ".tmp";

    private readonly string _directory;
    private readonly Lock _gate = new();

    /// <exception cref="DeviceException">The directory can't be made.</exception>
    public FileTransferStore(string directory)
    {
        _directory = directory;
        Store.DeviceFiles.MakeDirectory(directory);
    }

    /// <summary>Whether there are puts to go on with. Changes nothing.</summary>
    public static bool HasPuts(string directory) => Directory.Exists(directory) && Directory.EnumerateFiles(directory, $"*.{(byte)TransferKind.Put}{RecordEnding}").Any();

    /// <summary>The records, to look at: also while another process transfers. Changes nothing.</summary>
    public static IReadOnlyList<TransferRecord> Peek(string directory)
    {
        if (!Directory.Exists(directory)) return [];
        var records = new List<TransferRecord>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + RecordEnding))
        {
            try
            {
                if (Read(path) is { } record) records.Add(record);
            }
            catch (FileNotFoundException)
            {
                // Finished just now.
                continue;
            }
        }

        return records;
    }

    public IReadOnlyList<TransferRecord> Load()
    {
        lock (_gate)
        {
            var records = new List<TransferRecord>();
            foreach (var path in Directory.EnumerateFiles(_directory, "*" + RecordEnding))
            {
                if (Read(path) is { } record) records.Add(record);
                else File.Move(path, path + ".damaged", overwrite: true);
            }

            var kept = records.SelectMany(TransferRules.StagesOf).SelectMany(s => new[] { PathOf(s.Item1, s.Item2, SealedEnding), PathOf(s.Item1, s.Item2, OutboardEnding) }).ToHashSet(StringComparer.Ordinal);
            foreach (var path in Directory.EnumerateFiles(_directory))
                if (path.EndsWith(TemporaryEnding, StringComparison.Ordinal) || ((path.EndsWith(SealedEnding, StringComparison.Ordinal) || path.EndsWith(OutboardEnding, StringComparison.Ordinal)) && !kept.Contains(path))) File.Delete(path);
            return records;
        }
    }

    public void Save(TransferRecord record)
    {
        var body = record.ToBytes();
        var bytes = new byte[body.Length + ChecksumSize];
        body.CopyTo(bytes, 0);
        GroupRecord.Checksum(body, bytes.AsSpan(body.Length));
        var path = PathOf(record.Kind, record.Id, RecordEnding);
        var temporary = path + "." + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)) + TemporaryEnding;
        lock (_gate)
        {
            try
            {
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.WriteThrough, BufferSize = 0 };
                if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                using (var file = new FileStream(temporary, options)) file.Write(bytes);
                File.Move(temporary, path, overwrite: true);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
    }

    public void Remove(TransferRecord record)
    {
        lock (_gate)
        {
            File.Delete(PathOf(record.Kind, record.Id, RecordEnding));
            foreach (var (kind, id) in TransferRules.StagesOf(record)) Delete(kind, id);
        }
    }

    public IStagedObject Open(TransferKind kind, ContentId id) => new FileStagedObject(PathOf(kind, id, SealedEnding), PathOf(kind, id, OutboardEnding));

    public void Discard(TransferKind kind, ContentId id)
    {
        lock (_gate) Delete(kind, id);
    }

    public void Dispose()
    {
        // Nothing is held open.
    }

    private void Delete(TransferKind kind, ContentId id)
    {
        File.Delete(PathOf(kind, id, SealedEnding));
        File.Delete(PathOf(kind, id, OutboardEnding));
    }

    private string PathOf(TransferKind kind, ContentId id, string ending) => Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{id.Reveal()}.{(byte)kind}{ending}"));

    private static TransferRecord? Read(string path)
    {
        if (new FileInfo(path).Length is < ChecksumSize or > RecordBytesMax) return null;
        var bytes = File.ReadAllBytes(path);
        var body = bytes.AsSpan(0, bytes.Length - ChecksumSize);
        Span<byte> checksum = stackalloc byte[ChecksumSize];
        GroupRecord.Checksum(body, checksum);
        return checksum.SequenceEqual(bytes.AsSpan(body.Length)) && TransferRecord.TryRead(body, out var record) ? record : null;
    }
}
