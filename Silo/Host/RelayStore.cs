using ZeroK.Grains.Storage;
using ZeroK.Storage.Sqlite;

namespace ZeroK.Relay;

/// <summary>The store that a relay keeps its groups in.</summary>
internal static class RelayStore
{
    /// <summary>Opens the embedded store in the data directory; from now on no other process can.</summary>
    /// <exception cref="DataDirectoryException">The directory can't be used, or another relay has it.</exception>
    public static SqliteGroupStore Open(string dataDirectory)
    {
        try
        {
            DataDirectory.Create(dataDirectory);
            return SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = dataDirectory });
        }
        catch (Exception fault) when (fault is StoreException or IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"{fault.Message} (--data-dir {dataDirectory})", fault);
        }
    }
}
