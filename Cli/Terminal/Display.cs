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

    /// <summary>Text from another device, made harmless for a terminal: control and direction-changing characters are written as code points. Keeps line ends and tabs if <paramref name="lines"/>.</summary>
    public static string Safe(string text, bool lines = false)
    {
        if (text.All(c => IsHarmless(c, lines))) return text;
        var safe = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (IsHarmless(c, lines)) safe.Append(c);
            else safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return safe.ToString();
    }

    private static bool IsHarmless(char c, bool lines) =>
        (lines && c is '\n' or '\t') || !(char.IsControl(c) || c is '\u2028' or '\u2029' || char.GetUnicodeCategory(c) == UnicodeCategory.Format);
}
