namespace Bolt.Tool.Terminal;

/// <summary>Aligned columns: easy to read, to grep and to cut.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<Cell[]> _rows = [];

    /// <summary>Names and commands of others must not speak to the terminal.</summary>
    public void Add(params Cell[] cells) => _rows.Add([.. cells.Select(c => c with { Text = Words.Plain(c.Text) })]);

    public void Write(Pen pen)
    {
        var widths = heads.Select((head, i) => _rows.Select(r => r[i].Text.Length).Append(head.Length).Max()).ToArray();
        pen.Line(pen.Tint(Row(heads.Select(h => new Cell(h)), widths, null), Pen.Dim));
        foreach (var row in _rows)
        {
            pen.Line(Row(row, widths, pen));
        }
    }

    private static string Row(IEnumerable<Cell> cells, int[] widths, Pen? pen) =>
        string.Join("   ", cells.Select((cell, i) =>
        {
            // Escapes have no width, so the padding goes round the tinted text.
            var padding = new string(' ', i == widths.Length - 1 ? 0 : widths[i] - cell.Text.Length);
            return (pen is not null && cell.Escape is not null ? pen.Tint(cell.Text, cell.Escape) : cell.Text) + padding;
        })).TrimEnd();
}

/// <summary>A text and its colour.</summary>
internal readonly record struct Cell(string Text, string? Escape = null)
{
    public static implicit operator Cell(string text) => new(text);
}
