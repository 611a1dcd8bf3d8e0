namespace ZeroK.Chaos.Cluster;

/// <summary>A few pairs of apps with the real client library, in groups of their own, beside the load on the wire.</summary>
internal sealed class Apps : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("zerok-apps-").FullName;
    private readonly List<AppPair> _pairs = [];

    private Apps() { }

    /// <summary>Numbers that all readers got.</summary>
    public long Received => _pairs.Sum(p => p.Received);

    /// <summary>The fewest that a pair's reader got.</summary>
    public long ReceivedLeast => _pairs.Min(p => p.Received);

    /// <summary>Sessions begun.</summary>
    public int Connections => _pairs.Sum(p => p.Connections);

    /// <summary>What apps would have seen as errors.</summary>
    public IReadOnlyList<string> Errors => [.. _pairs.SelectMany(p => p.Errors)];

    public static async Task<Apps> StartAsync(Nodes nodes, int pairs, CancellationToken cancellationToken)
    {
        var apps = new Apps();
        try
        {
            for (var i = 0; i < pairs; i++) apps._pairs.Add(await AppPair.StartAsync(nodes, Path.Combine(apps._directory, $"{i}"), cancellationToken).ConfigureAwait(false));
            return apps;
        }
        catch
        {
            await apps.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Each pair pushes at this rate; returns when told to stop.</summary>
    public Task PushAsync(double perSecond, CancellationToken until) => Task.WhenAll(_pairs.Select(p => p.PushAsync(perSecond, until)));

    /// <summary>Waits until all readers have all; false if that takes too long.</summary>
    public async Task<bool> SettleAsync(TimeSpan patience) => (await Task.WhenAll(_pairs.Select(p => p.SettleAsync(patience))).ConfigureAwait(false)).All(settled => settled);

    public async ValueTask DisposeAsync()
    {
        foreach (var pair in _pairs) await pair.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_directory, recursive: true);
    }
}
