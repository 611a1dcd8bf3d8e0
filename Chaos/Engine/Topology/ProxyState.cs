using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Topology;

/// <summary>A proxy as lines for a person.</summary>
internal static class ProxyState
{
    public static IEnumerable<string> Lines(ChaosProxy proxy)
    {
        yield return FormattableString.Invariant($"{proxy.Name}: listens on {proxy.Listen}");
        yield return $"toxics: {string.Join(", ", proxy.Toxics.Select(t => t.Name))}";
        foreach (var hit in proxy.Hits()) yield return FormattableString.Invariant($"{hit.Key}: {hit.Value} hits");
        foreach (var (i, capture) in proxy.Captures.Index()) yield return FormattableString.Invariant($"capture {i}: {capture.ToArray().Length} bytes");
    }
}
