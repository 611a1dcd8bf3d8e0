using ZeroK.Cli.Files;
using ZeroK.Client;

namespace ZeroK.Cli.Contents;

/// <summary>The references of contents that this device has put or was handed: one small file each, below the device's directory. The command line is the app here: a reference that was acknowledged doesn't come again.</summary>
internal sealed class ReferenceShelf(string dataDir)
{
    private const string Ending = ".ref";
    private const int BytesMax = 8192;
    private const int PrefixCharsMin = 4;

    private readonly string _directory = Path.Combine(dataDir, "references");

    /// <summary>Keeps a reference, durably; one that is there already stays.</summary>
    public void Keep(ContentReference reference)
    {
        PathBelow.MakeFolder(_directory);
        var path = Path.Combine(_directory, reference.Id.Reveal() + Ending);
        if (File.Exists(path)) return;
        var temporary = path + "." + Guid.NewGuid().ToString("N") + ".tmp";
        DurableFile.WriteNew(temporary, reference.ToBytes());
        File.Move(temporary, path, overwrite: true);
        DurableFile.SyncFolder(_directory);
    }

    /// <summary>Forgets a reference.</summary>
    public void Remove(ContentReference reference) => File.Delete(Path.Combine(_directory, reference.Id.Reveal() + Ending));

    /// <summary>All, by name.</summary>
    public IReadOnlyList<ContentReference> All()
    {
        if (!Directory.Exists(_directory)) return [];
        var list = new List<ContentReference>();
        foreach (var path in Directory.EnumerateFiles(_directory, "*" + Ending))
            if (new FileInfo(path).Length <= BytesMax && ContentReference.TryRead(File.ReadAllBytes(path), out var reference)) list.Add(reference);
        return [.. list.OrderBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Id.Reveal(), StringComparer.Ordinal)];
    }

    /// <summary>All, and those that wait to be sent and are not here: a command may have ended in between.</summary>
    public IReadOnlyList<ContentReference> AllWith(IReadOnlyList<ContentTransfer> transfers)
    {
        var all = All();
        var known = all.Select(r => r.Id).ToHashSet();
        return [.. all, .. transfers.Where(t => known.Add(t.Id)).Select(t => t.Reference)];
    }

    /// <summary>The one that a person means: by the beginning of its id (4 digits or more), or by its whole name.</summary>
    /// <exception cref="CliException">None or several.</exception>
    public static ContentReference Find(IReadOnlyList<ContentReference> all, string text)
    {
        var found = all.Where(r => string.Equals(r.Name, text, StringComparison.Ordinal)).ToList();

        // What was put from another system may be spelled in the other normal form and looks the same.
        if (found.Count == 0) found = [.. all.Where(r => r.IsNamed(text))];
        if (found.Count == 0 && text.Length >= PrefixCharsMin) found = [.. all.Where(r => r.Id.Reveal().StartsWith(text, StringComparison.OrdinalIgnoreCase))];
        return found.Count switch
        {
            1 => found[0],
            0 => throw new CliException(ExitCode.Usage, "No content of that name or id is known on this device.", "`zerok content ls` lists those that are; `zerok pull` fetches new ones."),
            _ => throw new CliException(ExitCode.Usage, $"{found.Count} contents have that name or begin of an id.", "Give more digits of its id; `zerok content ls` shows them."),
        };
    }
}
