using System.Security.Cryptography;

namespace ZeroK.Cli.Files;

/// <summary>What became of a received file.</summary>
internal enum FileOutcome
{
    /// <summary>Not said.</summary>
    None = 0,
    /// <summary>Written under its label.</summary>
    Written,
    /// <summary>It was there already, byte for byte.</summary>
    Unchanged,
    /// <summary>Another file has its name: that one stays, this one is beside it.</summary>
    KeptBoth,
    /// <summary>Its label is no safe path here: written under a made-up name.</summary>
    Renamed,
    /// <summary>It has no label: written under a made-up name.</summary>
    Unnamed,
}

/// <summary>Where a received file is.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Path">Its full path.</param>
/// <param name="Why">Why it has another name than its label; null if it has not.</param>
internal sealed record WrittenFile(FileOutcome Outcome, string Path, string? Why)
{
    /// <summary>A constant: names and labels are the users' own.</summary>
    public override string ToString() => "[file]";
}

/// <summary>Writes received files below one folder and nowhere else: labels are checked, symbolic links below it are not followed, nothing that exists is overwritten.</summary>
/// <remarks>A file is written beside its place under a temporary name, put on stable storage, then renamed: there is never a half of it. The folder itself may be a link: the person chose it.</remarks>
internal sealed class SafeFileWriter
{
    private const int CopiesMax = 1000;
    private const int ExtensionCharsMax = 32;

    private readonly string _root;

    /// <summary>Prepares the folder, which is made if it is missing.</summary>
    public SafeFileWriter(string folder)
    {
        if (folder.Length == 0) throw new CliException(ExitCode.Usage, "--out takes a folder; its name can't be empty.");
        _root = Path.GetFullPath(folder);
        if (File.Exists(_root)) throw new CliException(ExitCode.Usage, $"{_root} is a file; --out takes a folder.");
        PathBelow.MakeFolder(_root);
    }

    /// <summary>Writes a file.</summary>
    /// <param name="label">Its label; null for none.</param>
    /// <param name="origin">Letters and digits that tell this blob from others; part of made-up names.</param>
    /// <param name="bytes">Its contents.</param>
    /// <exception cref="IOException">The file system refused; nothing half is left.</exception>
    public WrittenFile Write(string? label, string origin, ReadOnlySpan<byte> bytes)
    {
        if (label is null) return WriteAside([$"blob-{origin}.bin"], origin, bytes, FileOutcome.Unnamed, "it has no label");
        if (!LabelPath.TryParse(label, out var names, out var problem) || (problem = PathBelow.Problem(_root, names)) is not null)
            return WriteAside([$"unsafe-label-{origin}.bin"], origin, bytes, FileOutcome.Renamed, problem);
        try
        {
            return WriteAside(names, origin, bytes, FileOutcome.Written, why: null);
        }
        catch (PathTooLongException)
        {
            return WriteAside([$"unsafe-label-{origin}.bin"], origin, bytes, FileOutcome.Renamed, "it is longer than this file system allows");
        }
    }

    private WrittenFile WriteAside(string[] names, string origin, ReadOnlySpan<byte> bytes, FileOutcome fresh, string? why)
    {
        var folder = Path.Combine([_root, .. names[..^1]]);
        PathBelow.MakeFolder(folder);
        var path = Path.Combine(folder, names[^1]);
        for (var copy = 0; copy < CopiesMax; copy++)
        {
            var candidate = copy == 0 ? path : Beside(path, origin, copy);
            if (TryPlace(candidate, bytes))
                return copy == 0 ? new WrittenFile(fresh, candidate, why) : new WrittenFile(FileOutcome.KeptBoth, candidate, "another file has its name");
            if (HasSameBytes(candidate, bytes)) return new WrittenFile(FileOutcome.Unchanged, candidate, why);
        }

        throw new IOException($"There are {CopiesMax} files beside {path} already.");
    }

    // "a.txt" → "a.from-<origin>.txt", "a.from-<origin>-2.txt": the same blob gets the same name again.
    private static string Beside(string path, string origin, int copy)
    {
        var suffix = copy == 1 ? $".from-{origin}" : $".from-{origin}-{copy}";
        var extension = Path.GetExtension(path);
        var stem = Path.GetFileNameWithoutExtension(path);
        if (stem.Length == 0 || extension.Length > ExtensionCharsMax) (stem, extension) = (stem + extension, "");
        while (System.Text.Encoding.UTF8.GetByteCount(stem + suffix + extension) > LabelPath.NameBytesMax && stem.Length > 1) stem = stem[..^(char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        return Path.Combine(Path.GetDirectoryName(path)!, stem + suffix + extension);
    }

    private static bool TryPlace(string path, ReadOnlySpan<byte> bytes)
    {
        if (Path.Exists(path) || new FileInfo(path).LinkTarget is not null) return false;
        var folder = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(folder, $".zerok-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp");
        try
        {
            DurableFile.WriteNew(temporary, bytes);
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (Path.Exists(path) && Path.Exists(temporary))
        {
            // Somebody was faster: the caller compares.
            File.Delete(temporary);
            return false;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        DurableFile.SyncFolder(folder);
        return true;
    }

    private static bool HasSameBytes(string path, ReadOnlySpan<byte> bytes)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.LinkTarget is not null || info.Length != bytes.Length) return false;
        return File.ReadAllBytes(path).AsSpan().SequenceEqual(bytes);
    }
}
