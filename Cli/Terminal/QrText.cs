using System.Text;
using QRCoder;

namespace ZeroK.Cli.Terminal;

/// <summary>A QR code for terminals: half blocks, two modules a character, black on white whatever the terminal's colours are.</summary>
internal static class QrText
{
    private const string BlackOnWhite = "\u001b[38;5;16;48;5;231m";
    private const string Reset = "\u001b[0m";

    /// <summary>Draws a text. The library keeps a quiet zone of 4 modules around it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="columns">Columns of the terminal; null if it doesn't say.</param>
    /// <param name="colours">Whether the terminal knows colours. Without, light modules are drawn instead of dark ones, as they are on a dark ground.</param>
    /// <returns>The drawing; null if it is wider than the terminal: lines that wrap can't be scanned.</returns>
    public static string? Draw(string text, int? columns, bool colours)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.L);
        var rows = data.ModuleMatrix;
        if (columns < rows.Count) return null;
        var drawing = new StringBuilder();
        for (var y = 0; y < rows.Count; y += 2)
        {
            if (colours) drawing.Append(BlackOnWhite);
            for (var x = 0; x < rows[y].Count; x++)
            {
                var upper = rows[y][x] == colours;
                var lower = (y + 1 < rows.Count && rows[y + 1][x]) == colours;
                drawing.Append((upper, lower) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                });
            }

            if (colours) drawing.Append(Reset);
            drawing.Append('\n');
        }

        return drawing.ToString();
    }

    /// <summary>How many columns a text's code takes.</summary>
    public static int Width(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.L);
        return data.ModuleMatrix.Count;
    }
}
