using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ZeroK.Chaos.Faults;

/// <summary>YAML to <see cref="ComposeFile"/>. Keys that the suite does not need are passed over.</summary>
internal static class ComposeReader
{
    private static readonly string[] Conditions = ["service_started", "service_healthy", "service_completed_successfully"];

    public static ComposeFile Read(string yaml, IReadOnlyDictionary<string, string> variables)
    {
        var root = new ComposeNode("", Load(yaml), variables);
        var networks = root["networks"].Map(Network);
        var services = root["services"].Map(Service);
        if (services.Count == 0) throw new ComposeException("services: there is none");
        foreach (var service in services.Values)
        {
            foreach (var name in service.Networks.Keys.Where(n => !networks.ContainsKey(n)))
            {
                if (name != "default") throw new ComposeException($"services.{service.Name}.networks: there is no network '{name}'");
                networks[name] = new ComposeNetwork(name, false, false, null, [], new Dictionary<string, string>());
            }

            foreach (var name in service.DependsOn.Keys.Where(n => !services.ContainsKey(n))) throw new ComposeException($"services.{service.Name}.depends_on: there is no service '{name}'");
        }

        return new ComposeFile(root["name"].Text(), services, networks);
    }

    private static YamlNode Load(string yaml)
    {
        try
        {
            using var text = new StringReader(yaml);
            var stream = new YamlStream();
            // With << as compose files use it.
            stream.Load(new MergingParser(new Parser(text)));
            return stream.Documents is [var document] ? document.RootNode : throw new ComposeException("a compose file is one document");
        }
        catch (YamlException e)
        {
            throw new ComposeException(FormattableString.Invariant($"no YAML, line {e.Start.Line}: {e.Message}"), e);
        }
    }

    private static ComposeService Service(string name, ComposeNode node)
    {
        var build = node["build"];
        var service = new ComposeService(
            name,
            node["image"].Text(),
            build.IsMap ? build["context"].Text() ?? "." : build.Text(),
            node["networks"] is { Missing: false } networks ? networks.MapOrList(Address) : new Dictionary<string, ComposeAddress> { ["default"] = new(null, null, []) },
            HealthCheck(node["healthcheck"]),
            Labels(node["labels"]),
            node["depends_on"].MapOrList(Condition),
            [.. node["ports"].Items().Select(p => p.IsMap ? $"{p["published"].Text()}:{p["target"].Text()}" : p.Text() ?? throw p.Wrong("a port"))]);
        return service.Image is null && service.Build is null ? throw new ComposeException($"services.{name}: has neither image nor build") : service;
    }

    private static ComposeAddress Address(ComposeNode node) => new(node["ipv4_address"].Text(), node["ipv6_address"].Text(), [.. node["aliases"].Items().Select(a => a.Text() ?? throw a.Wrong("a name"))]);

    private static string Condition(ComposeNode node)
    {
        var condition = node["condition"].Text() ?? Conditions[0];
        return Conditions.Contains(condition) ? condition : throw node.Wrong(string.Join(" or ", Conditions));
    }

    private static ComposeHealthCheck? HealthCheck(ComposeNode node)
    {
        if (node.Missing) return null;
        var test = node["test"];
        IReadOnlyList<string> words = node["disable"].Flag() ? ["NONE"]
            : test.IsList ? [.. test.Items().Select(w => w.Text() ?? throw w.Wrong("a word"))]
            : test.Text() is { } shell ? ["CMD-SHELL", shell] : throw test.Wrong("a test");
        if (words is not ["CMD" or "CMD-SHELL", _, ..] and not ["NONE"]) throw test.Wrong("a list that begins with CMD, CMD-SHELL or NONE");
        return new ComposeHealthCheck(words, node["interval"].Duration(), node["timeout"].Duration(), node["start_period"].Duration(), node["retries"].Number());
    }

    private static ComposeNetwork Network(string name, ComposeNode node) => new(
        name,
        node["internal"].Flag(),
        node["external"].IsMap || node["external"].Flag(),
        node["driver"].Text(),
        [.. node["ipam"]["config"].Items().Select(c => c["subnet"].Text()).OfType<string>()],
        Labels(node["labels"]));

    private static Dictionary<string, string> Labels(ComposeNode node)
    {
        if (!node.IsList) return node.Map((_, value) => value.Text() ?? "");
        return node.Items().Select(i => (i.Text() ?? throw i.Wrong("name=value")).Split('=', 2)).ToDictionary(l => l[0], l => l.Length > 1 ? l[1] : "");
    }
}

/// <summary>A place in the file: knows its path, and replaces ${NAME} in what it hands out.</summary>
internal sealed class ComposeNode(string path, YamlNode? node, IReadOnlyDictionary<string, string> variables)
{
    // "~", "null" and nothing after the colon are all YAML's null.
    public bool Missing => node is null or YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "~" or "null" };

    public bool IsMap => node is YamlMappingNode;

    public bool IsList => node is YamlSequenceNode;

    public ComposeNode this[string key] => node switch
    {
        _ when Missing => At(key, null),
        YamlMappingNode map => At(key, map.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null),
        _ => throw Wrong("a mapping"),
    };

    public string? Text() => node switch
    {
        _ when Missing => null,
        YamlScalarNode scalar => ComposeVariables.Replace(scalar.Value ?? "", variables, path),
        _ => throw Wrong("a text"),
    };

    public bool Flag() => Text() switch { null or "false" => false, "true" => true, _ => throw Wrong("true or false") };

    public int? Number() => Text() switch { null => null, var text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Wrong("a whole number") };

    public TimeSpan? Duration() => Text() switch { null => null, var text => ComposeDuration.TryParse(text, out var duration) ? duration : throw Wrong("a duration such as 1m30s") };

    public IEnumerable<ComposeNode> Items() => node switch
    {
        _ when Missing => [],
        YamlSequenceNode list => list.Select((item, i) => At(FormattableString.Invariant($"{i}"), item)),
        _ => throw Wrong("a list"),
    };

    public Dictionary<string, T> Map<T>(Func<string, ComposeNode, T> read) => node switch
    {
        _ when Missing => [],
        YamlMappingNode map => map.Children.ToDictionary(c => KeyOf(c.Key), c => read(KeyOf(c.Key), At(KeyOf(c.Key), c.Value))),
        _ => throw Wrong("a mapping"),
    };

    // Compose's short form is a list of names.
    public Dictionary<string, T> MapOrList<T>(Func<ComposeNode, T> read) =>
        IsList ? Items().ToDictionary(i => i.Text() ?? throw i.Wrong("a name"), i => read(At(i.Text()!, null))) : Map((_, value) => read(value));

    public ComposeException Wrong(string wanted) => new(node is null ? $"{path}: is missing; wanted is {wanted}" : FormattableString.Invariant($"{path}, line {node.Start.Line}: not {wanted}"));

    private ComposeNode At(string key, YamlNode? value) => new(path.Length == 0 ? key : $"{path}.{key}", value, variables);

    private string KeyOf(YamlNode key) => key is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw Wrong("a mapping with names");
}
