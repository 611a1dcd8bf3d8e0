using System.Globalization;
using ZeroK.Bench.Store;

// Acknowledged 1 KiB appends a second, durable: the store, and SQLite alone with the same batches in the same run.
// Usage: ZeroK.Bench.Store [seconds] [directory]; the directory must lie on a real disk.
var seconds = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 5;
var parent = args.Length > 1 ? args[1] : Path.GetTempPath();
var directory = Path.Combine(parent, $"zerok-bench-store-{Environment.ProcessId}");
Directory.CreateDirectory(directory);
try
{
    // Each once to warm up, then both in turns, so that a slow moment of the disk hits both.
    await StoreLoad.RunAsync(Path.Combine(directory, "warm"), TimeSpan.FromSeconds(1));
    var store = new List<Measured>();
    var bare = new List<Measured>();
    for (var round = 0; round < 3; round++)
    {
        var measured = await StoreLoad.RunAsync(Path.Combine(directory, $"store{round}"), TimeSpan.FromSeconds(seconds / 3));
        store.Add(measured);
        bare.Add(BareSqlite.Run(Path.Combine(directory, $"bare{round}.db"), TimeSpan.FromSeconds(seconds / 3), measured.AppendsPerTransaction));
    }

    Report.Print(store, bare);
}
finally
{
    Directory.Delete(directory, recursive: true);
}
