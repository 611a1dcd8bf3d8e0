using System.Text;
using QRCoder;

namespace ZeroK.Cli.Terminal;

/// <summary>A QR code for a terminal: half blocks, two modules a character, black on white whatever the terminal's colours are.</summary>
internal static class QrText
{
    private const string BlackOnWhite = "\u001b[38;5;16;48;5;231m";
    private const string Reset = "\u001b[0m";

    /// <summary>Draws a text. The library keeps a quiet zone of 4 modules around it.</summary>
    public static string Draw(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.L);
        var rows = data.ModuleMatrix;
        var drawing = new StringBuilder();
        for (var y = 0; y < rows.Count; y += 2)
        {
            drawing.Append(BlackOnWhite);
            for (var x = 0; x < rows[y].Count; x++)
            {
                var upper = rows[y][x];
                var lower = y + 1 < rows.Count && rows[y + 1][x];
                drawing.Append((upper, lower) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                });
            }

            drawing.Append(Reset).Append('\n');
        }

        return drawing.ToString();
    }
}
