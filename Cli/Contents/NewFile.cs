using System.Security.Cryptography;
using ZeroK.Cli.Files;
using ZeroK.Cli.Terminal;

namespace ZeroK.Cli.Contents;

/// <summary>A file that is there as a whole or not at all, and never over another.</summary>
internal sealed class NewFile : IAsyncDisposable
{
    private readonly string _path, _temporary;
    private readonly FileStream _stream;
    private bool _isKept;

    /// <exception cref="CliException">There is something of that name.</exception>
    public NewFile(string path)
    {
        var name = Path.GetFileName(path);
        if (name.Length == 0) throw new CliException(ExitCode.Usage, $"\"{Display.Safe(path)}\" names no file.", "Give --out a file's name.");
        if (System.Text.Encoding.UTF8.GetByteCount(name) > LabelPath.NameBytesMax) throw new CliException(ExitCode.Usage, $"The name of the file to write has more than {LabelPath.NameBytesMax} bytes.", "Give a shorter one with --out.");
        _path = Path.GetFullPath(path);
        if (Path.Exists(_path) || new FileInfo(_path).LinkTarget is not null) throw Exists();
        var folder = Path.GetDirectoryName(_path)!;
        PathBelow.MakeFolder(folder);

        // Not made from the file's name: that may fill what the file system allows for one.
        _temporary = Path.Combine(folder, $".zerok-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.part");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _stream = new FileStream(_temporary, options);
    }

    public Stream Stream => _stream;

    /// <summary>Gives the file its name, durably.</summary>
    public void Keep()
    {
        DurableFile.Sync(_stream.SafeFileHandle, _temporary);
        _stream.Dispose();
        try
        {
            File.Move(_temporary, _path, overwrite: false);
        }
        catch (IOException) when (Path.Exists(_path))
        {
            throw Exists();
        }

        _isKept = true;
        DurableFile.SyncFolder(Path.GetDirectoryName(_path)!);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        if (!_isKept) File.Delete(_temporary);
    }

    private CliException Exists() => new(ExitCode.Usage, $"{Display.Safe(_path)} is there already and stays as it is.", "Name another file with --out.");
}
