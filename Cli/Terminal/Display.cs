using System.Globalization;
using System.Text;
using ZeroK.Wire;

namespace ZeroK.Cli.Terminal;

/// <summary>How things look to a person.</summary>
internal static class Display
{
    /// <summary>Bytes, in the largest binary unit that keeps it readable.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1024L * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024 / 1024:0.0} GiB"),
    };

    /// <summary>The first 8 digits of a device's id.</summary>
    public static string Short(DeviceId device) => device.Reveal()[..8];

    /// <summary>A time, UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Text from another device, made harmless for a terminal: control and direction-changing characters are written as code points. Joiners, soft hyphens and the like, which scripts and emoji need, stay. Keeps line ends and tabs if <paramref name="lines"/>.</summary>
    public static string Safe(string text, bool lines = false)
    {
        var safe = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (IsHarmless(text, i, lines)) safe.Append(text[i]);
            else safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
        }

        return safe.Length == text.Length ? text : safe.ToString();
    }

    private static bool IsHarmless(string text, int at, bool lines) => text[at] switch
    {
        '\n' or '\t' => lines,
        '\r' => lines && at + 1 < text.Length && text[at + 1] == '\n',
        '\u2028' or '\u2029' => false,

        // Embeddings, overrides and isolates turn what follows around; these and annotations can hide what a line says.
        (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u206f') or (>= '\ufff9' and <= '\ufffb') => false,
        >= '\ud800' and <= '\udfff' => IsPair(text, at),
        var c => !char.IsControl(c),
    };

    private static bool IsPair(string text, int at) =>
        char.IsHighSurrogate(text[at]) ? at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) : at > 0 && char.IsHighSurrogate(text[at - 1]);

    /// <summary>"1 blob", "2 blobs".</summary>
    public static string Count(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many ?? one + "s")}");
}
