using System.Globalization;
using System.Text.RegularExpressions;

namespace ZeroK.Chaos.Faults;

/// <summary>Durations as compose files write them: 90s, 1m30s, 500ms.</summary>
internal static partial class ComposeDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (!Rule().IsMatch(text)) return false;
        var us = 0.0;
        foreach (Match part in Part().Matches(text))
        {
            us += double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * part.Groups[2].Value switch { "h" => 3.6e9, "m" => 6e7, "s" => 1e6, "ms" => 1e3, _ => 1 };
        }

        if (us > TimeSpan.MaxValue.TotalMicroseconds / 2) return false;
        duration = TimeSpan.FromMicroseconds(us);
        return true;
    }

    [GeneratedRegex(@"^(\d{1,12}(\.\d{1,9})?(h|ms|us|m|s))+$", RegexOptions.CultureInvariant)]
    private static partial Regex Rule();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(h|ms|us|m|s)", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
