namespace ZeroK.Fuzz.Tests.Engine;

/// <summary>The committed bytes: one input a line, in hex. "name.hex" holds seeds that were valid when they were written and must stay so; "name.findings.hex" inputs that once broke something.</summary>
internal static class Corpus
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "corpus");

    public static IReadOnlyList<byte[]> Seeds(string target) => Read(target + ".hex");

    public static IReadOnlyList<byte[]> Findings(string target) => Read(target + ".findings.hex");

    /// <summary>Writes a target's seeds into a folder: how the committed files are made anew when a format changes.</summary>
    public static void Write(string folder, FuzzTarget target) =>
        File.WriteAllLines(Path.Combine(folder, target.Name + ".hex"), target.Seeds.Select(Convert.ToHexStringLower));

    private static IReadOnlyList<byte[]> Read(string file)
    {
        var path = Path.Combine(Folder, file);
        return File.Exists(path) ? [.. File.ReadAllLines(path).Where(l => l.Length > 0).Select(Convert.FromHexString)] : [];
    }
}
