using System.Globalization;
using ZeroK.Bench.Blake3;

// BLAKE3 against b3sum, in one run, so that both meet the same machine. Usage: [MiB] [rounds]; defaults 1024 and 5.
var culture = CultureInfo.InvariantCulture;
var mebibytes = args.Length > 0 ? int.Parse(args[0], culture) : 1024;
var rounds = args.Length > 1 ? int.Parse(args[1], culture) : 5;

var folder = Directory.CreateTempSubdirectory("zerok-bench-");
try
{
    var path = Path.Combine(folder.FullName, "file");
    TestFile.Write(path, mebibytes);
    var cases = Cases.All(path, mebibytes);

    // Round by round through all cases: load from outside falls on all of them alike.
    for (var round = 0; round < rounds; round++)
    {
        foreach (var item in cases) item.Run();
    }

    Report.Print(cases, mebibytes, rounds);
    return cases.Select(c => c.Hash).Where(h => h is not null).Distinct().Count() == 1 ? 0 : 1;
}
finally
{
    folder.Delete(recursive: true);
}
