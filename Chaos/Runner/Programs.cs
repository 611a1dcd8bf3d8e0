namespace ZeroK.Chaos.Runner;

/// <summary>Where the programs under test are: built beside this one, in the same configuration.</summary>
internal static class Programs
{
    public static string AgentDll() => Path.Combine(AppContext.BaseDirectory, "zerok-chaos.dll");

    /// <exception cref="FileNotFoundException">The relay was not built.</exception>
    public static string RelayDll()
    {
        var parts = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = parts.Parent!.Name;
        var root = parts;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "ZeroK.Orleans.sln"))) root = root.Parent;
        var dll = Path.Combine(root?.FullName ?? "", "Silo", "Host", "bin", configuration, parts.Name, "zerok-relay.dll");
        return File.Exists(dll) ? dll : throw new FileNotFoundException("The relay was not built: dotnet build Silo/Host", dll);
    }
}
