using System.Globalization;
using System.Text;
using ZeroK.Cli.Files;

namespace ZeroK.Cli.Demo;

/// <summary>What the demo syncs: the repository's docs/, or files that it makes where there is no repository.</summary>
internal static class DemoFiles
{
    private const int FilesMax = 200;

    /// <summary>The files, labelled "docs/…", and a word on where they come from.</summary>
    public static (IReadOnlyList<PushItem> Files, string From) Find(string scratch)
    {
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (!File.Exists(Path.Combine(folder.FullName, "ZeroK.Orleans.sln"))) continue;
                var docs = Path.Combine(folder.FullName, "docs");
                if (Directory.Exists(docs) && PushSource.Folder(docs, "docs", skipLarge: true).Items is { Count: > 0 } items) return ([.. items.Take(FilesMax)], docs);
            }
        }

        return (PushSource.Folder(Generate(scratch), "docs", skipLarge: true).Items, "files made for the demo");
    }

    private static string Generate(string scratch)
    {
        var folder = Path.Combine(scratch, "generated");
        Directory.CreateDirectory(Path.Combine(folder, "chapters"));
        File.WriteAllText(Path.Combine(folder, "empty-page.txt"), "");
        for (var i = 1; i <= 8; i++)
        {
            var text = new StringBuilder();
            for (var line = 0; line < i * i * 20; line++) text.Append(CultureInfo.InvariantCulture, $"Chapter {i}, line {line}: plain words that no relay should read.\n");
            File.WriteAllText(Path.Combine(folder, "chapters", $"chapter-{i}.txt"), text.ToString());
        }

        return folder;
    }
}
