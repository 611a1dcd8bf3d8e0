namespace ZeroK.Client.Content;

/// <summary>Rules that every <see cref="ITransferStore"/> follows.</summary>
internal static class TransferRules
{
    /// <summary>A record for the app.</summary>
    public static ContentTransfer Described(TransferRecord record) => new(record.Id, record.Kind == TransferKind.Put, record.Reference)
    {
        LeftBytes = record.Kind == TransferKind.Put ? record.Objects.Sum(o => o.SealedLength) : record.Reference.SealedLength,
    };

    /// <summary>The staged objects that belong to a record.</summary>
    public static IEnumerable<(TransferKind, ContentId)> StagesOf(TransferRecord record) => record.Kind switch
    {
        TransferKind.Put => record.Objects.Select(o => (TransferKind.Put, o.Id)),
        TransferKind.Get => [(TransferKind.Get, record.Id)],
        _ => [],
    };
}
