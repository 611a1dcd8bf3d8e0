using Microsoft.Win32.SafeHandles;

namespace ZeroK.Storage.Content.Files;

/// <summary>What sealing an object asks of the system, step by step; a test writes down the order.</summary>
internal class SealingSteps
{
    /// <summary>A file's bytes are on stable storage when this returns.</summary>
    public virtual void SyncFile(SafeFileHandle file, string path) => StableStorage.Sync(file);

    /// <summary>Gives a file its lasting name.</summary>
    public virtual void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>The names in a folder are on stable storage when this returns.</summary>
    public virtual void SyncFolder(string folder) => StableStorage.SyncFolder(folder);
}
