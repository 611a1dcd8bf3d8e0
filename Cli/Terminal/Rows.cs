using Spectre.Console;

namespace ZeroK.Cli.Terminal;

/// <summary>Rows for people: a table where it fits, else each row as a few lines, so that no value is broken in the middle.</summary>
internal static class Rows
{
    // A border and two blanks around each value.
    private const int EdgesOfColumn = 3;

    /// <summary>Shows rows of equal length; the first value of each names it.</summary>
    public static void Show(Output output, IReadOnlyList<string> titles, IReadOnlyList<string[]> rows)
    {
        var width = 1 + Enumerable.Range(0, titles.Count).Sum(i => EdgesOfColumn + rows.Select(r => r[i]).Append(titles[i]).Max(Columns));
        if (output.Columns is { } columns && width > columns) ShowLines(output, titles, rows, columns);
        else ShowTable(output, titles, rows);
    }

    private static void ShowTable(Output output, IReadOnlyList<string> titles, IReadOnlyList<string[]> rows)
    {
        var table = new Table().AddColumns([.. titles]);
        foreach (var row in rows) table.AddRow(row.Select(v => new Text(v)));
        output.Console().Write(table);
    }

    private static void ShowLines(Output output, IReadOnlyList<string> titles, IReadOnlyList<string[]> rows, int columns)
    {
        foreach (var row in rows)
        {
            output.Result([], row[0]);
            var line = "";
            for (var i = 1; i < row.Length; i++)
            {
                var part = $"{titles[i].ToLowerInvariant()} {row[i]}";
                if (line.Length > 0 && Columns(line) + Columns(part) + 4 > columns)
                {
                    output.Result([], "  " + line);
                    line = "";
                }

                line += (line.Length > 0 ? ", " : "") + part;
            }

            output.Result([], "  " + line);
        }
    }

    // As Spectre.Console counts them: wide characters take two.
    private static int Columns(string text) => new Text(text).Length;
}
