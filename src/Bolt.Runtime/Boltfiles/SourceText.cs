using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>A text cut into lines, to turn offsets into spans.</summary>
internal sealed class SourceText
{
    private readonly string file;
    private readonly string[] lines;

    public SourceText(string file, string text)
    {
        this.file = file;
        lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
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
        Span(at.Start.Line, at.Start.Column, at.End.Line, at.End.Column);

    /// <summary>The whole first line.</summary>
    public SourceSpan Start => Span(0, 0, 0, int.MaxValue - 1);
}
