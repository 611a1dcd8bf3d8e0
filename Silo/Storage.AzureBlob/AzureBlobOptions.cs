using Azure.Storage.Blobs;

namespace ZeroK.Storage.AzureBlob;

/// <summary>Where contents are kept in Azure, and the bounds of asking there.</summary>
public sealed record AzureBlobOptions
{
    /// <summary>A constant: the connection string has a key.</summary>
    public override string ToString() => "[Azure options]";

    /// <summary>How to reach the account, as Azure's portal gives it: DefaultEndpointsProtocol=https;AccountName=…;AccountKey=….</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The container; made if there is none. 3 to 63 small letters, digits and single dashes. Default zerok.</summary>
    public string Container { get; init; } = "zerok";

    /// <summary>Seconds that one request may take. 1 to 300; default 10.</summary>
    public int RequestSeconds { get; init; } = 10;

    /// <summary>Times that a failed request is tried again. 0 to 10; default 3.</summary>
    public int RetriesMax { get; init; } = 3;

    /// <summary>Bytes of objects kept in memory, so that neighbouring reads need one request. 1 MiB and more; default 32 MiB.</summary>
    public long CacheBytesMax { get; init; } = 32L << 20;

    /// <summary>Bytes of an object's encoding in one blob. Smaller in tests only: Azure takes at most 50,000 blocks in a blob, and a block may be as small as a chunk group.</summary>
    internal long PartBytes { get; init; } = 512L << 20;

    /// <summary>Throws, naming the option that is out of its range.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(ConnectionString)) throw new ArgumentException($"{nameof(ConnectionString)} is empty; it must say where the account is, as Azure's portal gives it.");
        if (!IsContainerName(Container)) throw new ArgumentException($"{nameof(Container)} is {Container}; it must have 3 to 63 small letters, digits and single dashes.");
        _ = Connect(null);
        if (RequestSeconds is < 1 or > 300) throw new ArgumentException($"{nameof(RequestSeconds)} is {RequestSeconds}; it must lie between 1 and 300.");
        if (RetriesMax is < 0 or > 10) throw new ArgumentException($"{nameof(RetriesMax)} is {RetriesMax}; it must lie between 0 and 10.");
        if (CacheBytesMax < 1 << 20) throw new ArgumentException($"{nameof(CacheBytesMax)} is {CacheBytesMax}; it must be at least 1 MiB.");
    }

    /// <summary>A client for the container; asks for nothing yet. The connection string holds a key: the parser's own message is not passed on.</summary>
    internal BlobContainerClient Connect(BlobClientOptions? client)
    {
        try
        {
            return new BlobContainerClient(ConnectionString, Container, client);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            throw new ArgumentException($"{nameof(ConnectionString)} can't be read. It looks like DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net.");
        }
    }

    private static bool IsContainerName(string name) =>
        name.Length is >= 3 and <= 63 && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal)
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
