using System.Collections.Concurrent;
using Xunit;
using ZeroK.Grains.Storage;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>Two writers on one group, in any interleaving: they never both succeed for a cursor, and one that was taken over from never succeeds again. Each seed is one interleaving.</summary>
public abstract class FencingTests : IAsyncLifetime
{
    private const int Seeds = 40;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IReadOnlyList<IGroupStore> _stores = [];

    /// <summary>Two ways to the same data, as two processes would have; or the same way twice where the data allows one process only.</summary>
    protected abstract ValueTask<IReadOnlyList<IGroupStore>> OpenAsync();

    public abstract ValueTask DisposeAsync();

    public async ValueTask InitializeAsync() => _stores = await OpenAsync();

    [Fact]
    public async Task Two_writers_step_by_step_never_both_succeed()
    {
        for (var seed = 1; seed <= Seeds; seed++) Assert.Null(await StepsAsync(_stores, seed));
    }

    [Fact]
    public async Task Two_writers_at_once_never_both_succeed()
    {
        for (var seed = 1; seed <= 5; seed++) Assert.Null(await RaceAsync(_stores, seed));
    }

    /// <summary>One interleaving, decided by the seed: null, or what went wrong.</summary>
    internal static async Task<string?> StepsAsync(IReadOnlyList<IGroupStore> stores, int seed)
    {
        var random = new Random(seed);
        var group = Guid.NewGuid();
        if (!await stores[0].CommitAsync(Commits.Create(group), Stop)) return "A new group was not created.";
        var owners = new[] { new Owner(1, 0), new Owner(0, 0) };
        var (newest, acknowledged) = (0, new List<string>());
        for (var step = 0; step < 40; step++)
        {
            var who = random.Next(2);
            if (random.Next(4) == 0)
            {
                var snapshot = (await stores[who].TakeOverAsync(group, Stop))!;
                if (snapshot.Row.LastCursor.Value != (ulong)acknowledged.Count) return $"Seed {seed}, step {step}: took over at {snapshot.Row.LastCursor}, {acknowledged.Count} were acknowledged.";
                (owners[who], newest) = (new Owner(snapshot.Epoch, snapshot.Row.LastCursor.Value), who);
                continue;
            }

            // Now and then another cursor than the writer knows: the true one, or any wrong one.
            var last = random.Next(5) switch { 0 => (ulong)acknowledged.Count, 1 => (ulong)random.Next(acknowledged.Count + 3), _ => owners[who].Last };
            string[] bodies = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => $"{who}/{step}/{i}")];
            var wentIn = owners[who].Epoch != 0 && await stores[who].CommitAsync(Commits.Append(group, owners[who].Epoch, last, bodies), Stop);
            if (wentIn && who != newest) return $"Seed {seed}, step {step}: a writer that was taken over from went in.";
            if (wentIn && last != (ulong)acknowledged.Count) return $"Seed {seed}, step {step}: a commit after {last} went in, the group was at {acknowledged.Count}.";
            if (!wentIn && who == newest && last == (ulong)acknowledged.Count) return $"Seed {seed}, step {step}: the owner was refused.";
            if (!wentIn) continue;
            acknowledged.AddRange(bodies);
            owners[who] = owners[who] with { Last = last + (ulong)bodies.Length };
        }

        return await CompareAsync(stores[1], group, acknowledged, seed);
    }

    /// <summary>Both run as fast as they can, each with commits in flight: null, or what went wrong.</summary>
    internal static async Task<string?> RaceAsync(IReadOnlyList<IGroupStore> stores, int seed)
    {
        var group = Guid.NewGuid();
        if (!await stores[0].CommitAsync(Commits.Create(group), Stop)) return "A new group was not created.";
        var acknowledged = new ConcurrentDictionary<ulong, string>();
        string? wrong = null;

        async Task OwnAsync(int who)
        {
            var random = new Random((seed * 10) + who);
            for (var round = 0; round < 15 && wrong is null; round++)
            {
                var snapshot = (await stores[who].TakeOverAsync(group, Stop))!;
                var last = snapshot.Row.LastCursor.Value;
                var flights = Enumerable.Range(0, random.Next(1, 20)).Select(i =>
                {
                    var cursor = last + (ulong)i;
                    return (Cursor: cursor + 1, Body: $"{who}/{round}/{i}", Taken: stores[who].CommitAsync(Commits.Append(group, snapshot.Epoch, cursor, $"{who}/{round}/{i}"), Stop).AsTask());
                }).ToList();
                foreach (var flight in flights)
                {
                    if (await flight.Taken && !acknowledged.TryAdd(flight.Cursor, flight.Body)) wrong = $"Seed {seed}: cursor {flight.Cursor} went in twice.";
                }
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 2).Select(who => Task.Run(() => OwnAsync(who))));
        return wrong ?? await CompareAsync(stores[1], group, [.. acknowledged.OrderBy(a => a.Key).Select(a => a.Value)], seed);
    }

    private static async Task<string?> CompareAsync(IGroupStore store, Guid group, List<string> acknowledged, int seed)
    {
        var snapshot = (await store.TakeOverAsync(group, Stop))!;
        ulong[] all = [.. Enumerable.Range(1, acknowledged.Count).Select(c => (ulong)c)];
        if (!snapshot.Entries.Select(e => e.Cursor.Value).SequenceEqual(all)) return $"Seed {seed}: the cursors are not 1 to {acknowledged.Count}.";
        return (await Commits.TextsAsync(store, group, all)).SequenceEqual(acknowledged) ? null : $"Seed {seed}: the bodies are not the acknowledged ones.";
    }

    private readonly record struct Owner(ulong Epoch, ulong Last);
}
