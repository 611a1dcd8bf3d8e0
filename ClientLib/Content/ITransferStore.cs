namespace ZeroK.Client.Content;

/// <summary>Transfers that are not finished, and the sealed bytes that belong to them, as they survive a crash of this process.</summary>
/// <remarks>Each call is one atomic step. Calls may come from many threads. What can't be written throws <see cref="IOException"/>.</remarks>
internal interface ITransferStore : IDisposable
{
    /// <summary>All records. Staged objects that belong to none are removed: they were being sealed when the process ended, and their keys are never used again.</summary>
    IReadOnlyList<TransferRecord> Load();

    /// <summary>Writes a record, over the one with the same kind and id.</summary>
    void Save(TransferRecord record);

    /// <summary>Forgets a record and the staged objects that it names.</summary>
    void Remove(TransferRecord record);

    /// <summary>Opens a staged object, which is made if it is not there.</summary>
    IStagedObject Open(TransferKind kind, ContentId id);

    /// <summary>Removes a staged object.</summary>
    void Discard(TransferKind kind, ContentId id);
}
