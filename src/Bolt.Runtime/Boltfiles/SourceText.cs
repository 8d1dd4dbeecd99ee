using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>A text cut into lines, to turn offsets into spans.</summary>
internal sealed class SourceText
{
    private readonly string file;
    private readonly string[] lines;
    private readonly int[] starts;

    public SourceText(string file, string text)
    {
        this.file = file;
        lines = text.Split('\n');
        starts = new int[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            starts[i] = i == 0 ? 0 : text.IndexOf('\n', starts[i - 1]) + 1;
            lines[i] = lines[i].TrimEnd('\r');
        }
    }

    /// <summary>The span between two places (0-based, the end inclusive), cut at the end of its first line.</summary>
    public SourceSpan Span(int line, int column, int endLine, int endColumn)
    {
        line = Math.Clamp(line, 0, lines.Length - 1);
        var text = lines[line];
        column = Math.Clamp(column, 0, text.Length);
        var end = endLine > line ? text.Length : Math.Clamp(endColumn + 1, column, text.Length);
        // A key's span reaches over the blanks before its `=`.
        end = column + text[column..end].TrimEnd().Length;
        return new SourceSpan(file, line + 1, column + 1, Math.Max(1, end - column), text);
    }

    /// <summary>The span of a syntax node or message.</summary>
    public SourceSpan Span(Tomlyn.Syntax.SourceSpan at) =>
        Span(at.Start.Line, Column(at.Start), at.End.Line, Column(at.End));

    /// <summary>Tomlyn's columns count code points, its offsets UTF-16 units.</summary>
    private int Column(Tomlyn.Syntax.TextPosition at) => at.Offset - starts[Math.Clamp(at.Line, 0, starts.Length - 1)];

    /// <summary>The whole first line.</summary>
    public SourceSpan Start => Span(0, 0, 0, int.MaxValue - 1);
}
