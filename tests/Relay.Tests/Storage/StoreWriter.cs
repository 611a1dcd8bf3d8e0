using System.Globalization;
using ZeroK.Storage.Sqlite;

namespace ZeroK.Relay.Tests.Storage;

/// <summary>The child of <see cref="StoreKillTests"/>: appends to a few groups until it is killed, and prints "group cursor" for each append after the store has acknowledged it.</summary>
internal static class StoreWriter
{
    public const string Verb = "store-writer";
    public const int Groups = 4;
    private const int InFlight = 32;

    public static Guid Group(int number) => new(number, 0, 0, new byte[8]);

    public static string Body(int group, ulong cursor) => string.Create(CultureInfo.InvariantCulture, $"{group}/{cursor}/") + new string('x', (int)(cursor * 37 % 3000));

    public static async Task<int> RunAsync(string directory)
    {
        using var store = SqliteGroupStore.Open(new SqliteStoreOptions { DataDirectory = directory });
        await Task.WhenAll(Enumerable.Range(0, Groups).Select(g => Task.Run(() => AppendAsync(store, g))));
        return 0;
    }

    private static async Task AppendAsync(SqliteGroupStore store, int number)
    {
        var group = Group(number);
        var (epoch, last) = (1UL, 0UL);
        if (await store.TakeOverAsync(group, CancellationToken.None) is { } there) (epoch, last) = (there.Epoch, there.Row.LastCursor.Value);
        else await store.CommitAsync(Commits.Create(group), CancellationToken.None);
        var flights = new Queue<(ulong Cursor, Task<bool> Taken)>();
        while (true)
        {
            flights.Enqueue((last + 1, store.CommitAsync(Commits.Append(group, epoch, last, Body(number, last + 1)), CancellationToken.None).AsTask()));
            last++;
            if (flights.Count < InFlight) continue;
            var (cursor, taken) = flights.Dequeue();
            if (!await taken) throw new InvalidOperationException("The only owner was fenced.");
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number} {cursor}"));
        }
    }
}
