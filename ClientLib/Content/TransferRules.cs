namespace ZeroK.Client.Content;

/// <summary>Rules that every <see cref="ITransferStore"/> follows.</summary>
internal static class TransferRules
{
    /// <summary>The staged objects that belong to a record.</summary>
    public static IEnumerable<(TransferKind, ContentId)> StagesOf(TransferRecord record) => record.Kind switch
    {
        TransferKind.Put => record.Objects.Select(o => (TransferKind.Put, o.Id)),
        TransferKind.Get => [(TransferKind.Get, record.Id)],
        _ => [],
    };
}
