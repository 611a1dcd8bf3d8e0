using ZeroK.Chaos.Proxy;

namespace ZeroK.Chaos.Topology;

/// <summary>A proxy as lines for a person.</summary>
internal static class ProxyState
{
    public static IEnumerable<string> Lines(ChaosProxy proxy)
    {
        yield return FormattableString.Invariant($"{proxy.Name}: {proxy.Protocol}, listens on {proxy.Listen}, forwards to {proxy.Upstream}, {proxy.LinksMade} links made, {proxy.Refused} refused");
        foreach (var toxic in proxy.Toxics)
            yield return FormattableString.Invariant($"toxic {toxic.Name}: {toxic.Kind.Type} {toxic.Stream}, toxicity {toxic.Toxicity}, {string.Join(", ", toxic.Attributes.Select(a => FormattableString.Invariant($"{a.Key} {a.Value}")))}");
        foreach (var hit in proxy.Hits()) yield return FormattableString.Invariant($"{hit.Key}: {hit.Value} hits");
        foreach (var (i, capture) in proxy.Captures.Index()) yield return FormattableString.Invariant($"capture {i}: {capture.ToArray().Length} bytes");
    }
}
