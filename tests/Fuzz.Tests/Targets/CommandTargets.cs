using System.Text;
using ZeroK.Cli.Files;
using ZeroK.Cli.Session;
using ZeroK.Cli.Terminal;
using ZeroK.Content;
using ZeroK.Fuzz.Tests.Engine;

namespace ZeroK.Fuzz.Tests.Targets;

/// <summary>What the command reads: labels of other devices as paths and on a terminal, lines of a driving program, hashes.</summary>
internal static class CommandTargets
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A label as a path below one folder: never outside of it, never a device, the same label again.</summary>
    public static FuzzTarget Path { get; } = new("label-path", [.. new[] { "a.txt", "notes/2026/plan.md", "Größe/ü (1).txt" }.Select(Encoding.UTF8.GetBytes)], static bytes => LabelPath.TryParse(Chars(bytes), out var names, out var problem) ? names : problem is null ? throw new InvalidOperationException("A refusal without its reason.") : null)
    {
        Verify = static (bytes, value) =>
        {
            var names = (string[])value;
            if (string.Join('/', names) != Chars(bytes)) throw new InvalidOperationException("The path is not the label.");
            var root = System.IO.Path.GetFullPath("/root-of-all");
            var place = System.IO.Path.GetFullPath(System.IO.Path.Combine([root, .. names]));
            if (!place.StartsWith(root + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw new InvalidOperationException("A path leads out of its folder.");
            if (names.Length > LabelPath.DepthMax || names.Any(n => n is "" or "." or ".." || n.IndexOfAny(['/', '\\', '\0']) >= 0 || Strict.GetByteCount(n) > LabelPath.NameBytesMax)) throw new InvalidOperationException("A name is none that every system can write.");
        },
    };

    /// <summary>A label on a terminal: no character that moves the cursor or turns the line.</summary>
    public static FuzzTarget Shown { get; } = new("label-shown", [.. new[] { "a.txt", "\u001b[2Jcleared", "txt.\u202eexe", "a\r\nb" }.Select(Encoding.UTF8.GetBytes)], static bytes => Display.Safe(Chars(bytes)))
    {
        Verify = static (_, value) =>
        {
            if (((string)value).Any(c => char.IsControl(c) || c is '\u2028' or '\u2029' || (c is >= '\u202a' and <= '\u202e') || (c is >= '\u2066' and <= '\u2069'))) throw new InvalidOperationException("A control character reaches the terminal.");
        },
    };

    /// <summary>A line for `zerok session`.</summary>
    public static FuzzTarget Line { get; } = new("session-command", [.. new[] { """{"cmd":"push","id":1,"text":"hello","label":"a/b"}""", """{"cmd":"pull","limit":10}""" }.Select(Encoding.UTF8.GetBytes)], static bytes =>
    {
        if (!SessionCommand.TryParse(bytes, out var command, out var problem)) return problem is null ? throw new InvalidOperationException("A refusal without its reason.") : null;
        try
        {
            _ = (command.Id, command.Text("text"), command.Text("label"), command.Number("limit", 1, 100));
        }
        catch (SessionCommandException)
        {
            // A field of another kind: the documented refusal, and the session goes on.
            return null;
        }

        return command;
    });

    /// <summary>A content's hash in hex.</summary>
    public static FuzzTarget Hash { get; } = new("content-hash", [Encoding.UTF8.GetBytes(Blake3.Hash("abc"u8).ToHex())], static bytes => ContentHash.TryParse(Chars(bytes), out var hash) ? hash : null)
    {
        Verify = static (bytes, value) =>
        {
            if (!string.Equals(((ContentHash)value).ToHex(), Chars(bytes), StringComparison.OrdinalIgnoreCase)) throw new InvalidOperationException("A hash is another when written again.");
        },
    };

    // Bytes that are no UTF-8 become lone surrogates now and then too: a label is any string.
    private static string Chars(byte[] bytes) => string.Concat(Encoding.UTF8.GetString(bytes).Select(c => c == '\ufffd' ? '\ud800' : c));
}
