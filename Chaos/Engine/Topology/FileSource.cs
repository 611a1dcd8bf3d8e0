using ZeroK.Chaos.Judges;

namespace ZeroK.Chaos.Topology;

/// <summary>Files as something to look into, also while another holds them open.</summary>
public static class FileSource
{
    /// <summary>A file's bytes now.</summary>
    public static ByteSource Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return new ByteSource(Path.GetFileName(path), bytes);
    }

    /// <summary>All files below a directory but lock files.</summary>
    public static IEnumerable<ByteSource> ReadAll(string directory) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)).Select(Read);
}
