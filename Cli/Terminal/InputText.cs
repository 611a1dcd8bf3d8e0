using System.Text;

namespace ZeroK.Cli.Terminal;

/// <summary>Text that an editor or a shell has written: UTF-8, or what its byte order mark says.</summary>
internal static class InputText
{
    /// <summary>The characters, without the mark. The caller wipes them.</summary>
    /// <param name="bytes">All of the text.</param>
    /// <param name="isStrict">Bytes that are no text are an error; else they become U+FFFD.</param>
    /// <exception cref="DecoderFallbackException">They are no text.</exception>
    public static char[] Decode(ReadOnlySpan<byte> bytes, bool isStrict)
    {
        var (encoding, mark) = bytes switch
        {
            [0xEF, 0xBB, 0xBF, ..] => ((Encoding)new UTF8Encoding(false, isStrict), 3),
            [0xFF, 0xFE, 0, 0, ..] => (new UTF32Encoding(bigEndian: false, byteOrderMark: false, isStrict), 4),
            [0, 0, 0xFE, 0xFF, ..] => (new UTF32Encoding(bigEndian: true, byteOrderMark: false, isStrict), 4),
            [0xFF, 0xFE, ..] => (new UnicodeEncoding(bigEndian: false, byteOrderMark: false, isStrict), 2),
            [0xFE, 0xFF, ..] => (new UnicodeEncoding(bigEndian: true, byteOrderMark: false, isStrict), 2),
            _ => (new UTF8Encoding(false, isStrict), 0),
        };
        var chars = new char[encoding.GetCharCount(bytes[mark..])];
        encoding.GetChars(bytes[mark..], chars);
        return chars;
    }

    /// <summary>The only line of a text, without its end and without a byte order mark that is left. The caller wipes it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is, for the message: "The passphrase file".</param>
    /// <exception cref="CliException">There is more than one line, none, or a character that nobody types.</exception>
    public static char[] OnlyLine(ReadOnlySpan<char> text, string what)
    {
        var line = text.TrimStart('\uFEFF').TrimEnd("\r\n");
        if (line.IsEmpty) throw new CliException(ExitCode.Usage, $"{what} is empty.");
        if (line.IndexOfAny("\r\n\u0085\u2028\u2029") >= 0) throw new CliException(ExitCode.Usage, $"{what} has more than one line: a passphrase is one line.", "Take the other lines out; nothing is silently left out or taken along.");
        if (line.Contains('\0')) throw new CliException(ExitCode.Usage, $"{what} is not UTF-8 text: it has zero bytes.", "Save it as UTF-8.");
        return line.ToArray();
    }
}
