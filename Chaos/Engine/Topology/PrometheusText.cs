using System.Globalization;

namespace ZeroK.Chaos.Topology;

/// <summary>Reads what a relay's /metrics says.</summary>
public static class PrometheusText
{
    /// <summary>A metric's value, summed over its labels that contain <paramref name="label"/>; 0 if there is none.</summary>
    public static double Sum(string text, string name, string label)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        return text.Split('\n')
            .Where(l => l.StartsWith(name, StringComparison.Ordinal) && (l.Length > name.Length && l[name.Length] is ' ' or '{') && l.Contains(label, StringComparison.Ordinal))
            .Sum(l => double.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture));
    }
}
