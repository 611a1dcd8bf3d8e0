using System.Xml.Linq;

namespace ZeroK.Architecture.Tests;

/// <summary>The repository as the tests see it: its projects and what they reference.</summary>
internal static class Solution
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every project under the repository, by its name without ".csproj".</summary>
    public static IReadOnlyDictionary<string, Project> Projects { get; } = Directory
        .EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
        .Select(Project.Load)
        .ToDictionary(p => p.Name);

    /// <summary>C# files that people write, as paths relative to the root.</summary>
    public static IEnumerable<string> SourceFiles() => Directory
        .EnumerateFiles(Root, "*.cs", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
        .Where(f => !f.Split('/').Any(part => part is "bin" or "obj" or "artifacts"));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "ZeroK.Orleans.sln")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("ZeroK.Orleans.sln is in no folder above the tests.");
    }
}

internal sealed record Project(string Name, string Folder, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    public static Project Load(string path)
    {
        var items = XDocument.Load(path).Descendants().ToList();

        // A reference that only orders the build (ReferenceOutputAssembly=false) lets no code through.
        var references = items.Where(e => e.Name.LocalName == "ProjectReference" && !string.Equals((string?)e.Attribute("ReferenceOutputAssembly"), "false", StringComparison.OrdinalIgnoreCase));
        return new Project(
            Path.GetFileNameWithoutExtension(path),
            Path.GetRelativePath(Solution.Root, Path.GetDirectoryName(path)!).Replace('\\', '/'),
            [.. references.Select(e => Path.GetFileNameWithoutExtension(((string)e.Attribute("Include")!).Replace('\\', '/')))],
            [.. items.Where(e => e.Name.LocalName == "PackageReference").Select(e => (string?)e.Attribute("Include") ?? "")]);
    }

    /// <summary>This project and all that it references, at any depth.</summary>
    public IReadOnlySet<Project> Closure()
    {
        var seen = new HashSet<Project>();
        var open = new Queue<Project>([this]);
        while (open.TryDequeue(out var next))
        {
            if (!seen.Add(next)) continue;
            foreach (var reference in next.References) open.Enqueue(Solution.Projects[reference]);
        }

        return seen;
    }
}
