namespace ZeroK.Bench.Blake3;

/// <summary>A file of seeded random bytes, read once, so that it is in the page cache.</summary>
internal static class TestFile
{
    private const int PieceSize = 1 << 20;

    public static void Write(string path, int mebibytes)
    {
        var random = new Random(20261123);
        var piece = new byte[PieceSize];
        using (var file = File.Create(path))
        {
            for (var i = 0; i < mebibytes; i++)
            {
                random.NextBytes(piece);
                file.Write(piece);
            }
        }

        using var again = File.OpenRead(path);
        while (again.Read(piece) > 0)
        {
            // Only to have it in the cache.
        }
    }
}
