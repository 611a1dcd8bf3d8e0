using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ZeroK.Cli.Files;

/// <summary>A label as a relative path that is safe to write on any system. Labels come from other devices: they are checked, never trusted.</summary>
internal static class LabelPath
{
    /// <summary>The longest label, bytes of UTF-8.</summary>
    public const int LabelBytesMax = 1024;

    /// <summary>The longest name of one file or folder, bytes of UTF-8.</summary>
    public const int NameBytesMax = 255;

    /// <summary>The deepest path.</summary>
    public const int DepthMax = 64;

    // Windows opens devices by these names in any folder and with any extension.
    private static readonly HashSet<string> DeviceNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$",
        "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9", "COM¹", "COM²", "COM³",
        "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9", "LPT¹", "LPT²", "LPT³",
    };

    private static readonly SearchValues<char> NotOnWindows = SearchValues.Create(":*?\"<>|");

    /// <summary>Splits a label into names.</summary>
    /// <param name="label">The label; "/" separates.</param>
    /// <param name="names">The names, at least one.</param>
    /// <param name="problem">Why it can't be a path.</param>
    public static bool TryParse(string label, [NotNullWhen(true)] out string[]? names, [NotNullWhen(false)] out string? problem)
    {
        names = null;
        problem = ProblemOf(label);
        if (problem is not null) return false;
        var parts = label.Split('/');
        problem = parts.Length > DepthMax ? $"it is deeper than {DepthMax} folders" : parts.Select(ProblemOfName).FirstOrDefault(p => p is not null);
        if (problem is not null) return false;
        names = parts;
        return true;
    }

    private static string? ProblemOf(string label) => label switch
    {
        "" => "it is empty",
        _ when label[0] == '/' => "it is an absolute path",
        _ when label.Contains('\\', StringComparison.Ordinal) => "it has a backslash",
        _ when label.Length >= 2 && label[1] == ':' && char.IsAsciiLetter(label[0]) => "it begins with a drive letter",
        _ when label.Any(char.IsControl) => "it has control characters",
        _ when HasLoneSurrogate(label) => "it is not valid Unicode",
        _ when Encoding.UTF8.GetByteCount(label) > LabelBytesMax => $"it has more than {LabelBytesMax} bytes",
        _ => null,
    };

    private static string? ProblemOfName(string name) => name switch
    {
        "" => "it has an empty name in it",
        "." or ".." => "it has \".\" or \"..\" in it",
        _ when name[^1] is '.' or ' ' => "a name ends with a dot or a blank",
        _ when Encoding.UTF8.GetByteCount(name) > NameBytesMax => $"a name has more than {NameBytesMax} bytes",
        _ when DeviceNames.Contains(name.Split('.', ':')[0].TrimEnd(' ')) => "a name is reserved for a device",
        _ when OperatingSystem.IsWindows() && name.AsSpan().ContainsAny(NotOnWindows) => "a name has a character that this system doesn't allow",
        _ => null,
    };

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return true;
            i++;
        }

        return false;
    }
}
