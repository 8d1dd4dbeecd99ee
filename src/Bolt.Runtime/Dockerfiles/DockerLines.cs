using System.Collections.Immutable;
using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>One instruction's text with its continuation lines joined; every place in it leads back to the file.</summary>
internal sealed record DockerLine(string Text, ImmutableArray<LinePiece> Pieces, DockerLines Source)
{
    /// <summary>The heredocs that follow it.</summary>
    public ImmutableArray<Heredoc> Heredocs { get; init; } = [];

    /// <summary>The line with its heredocs, as a shell is to read it.</summary>
    public string Whole { get; init; } = Text;

    public SourceSpan Span(int offset, int length)
    {
        var piece = Pieces.Last(p => p.Offset <= offset);
        return Source.Span(piece.Line, piece.Column + offset - piece.Offset, length);
    }
}

/// <summary>Where a part of a joined line comes from; line and column count from 0.</summary>
internal readonly record struct LinePiece(int Offset, int Line, int Column);

/// <summary>The file as physical lines, and how they become instructions (docs.docker.com/reference/dockerfile, "Format").</summary>
internal sealed class DockerLines
{
    private readonly string file;
    private readonly string[] lines;

    public DockerLines(string file, string text)
    {
        this.file = file;
        lines = (text.StartsWith('\uFEFF') ? text[1..] : text).Split('\n').Select(l => l.TrimEnd('\r')).ToArray();
    }

    public int Count => lines.Length;

    /// <summary>A backslash unless a directive says otherwise.</summary>
    public char Escape { get; set; } = '\\';

    public string this[int line] => lines[line];

    public SourceSpan Span(int line, int column, int length)
    {
        var text = lines[line];
        column = Math.Clamp(column, 0, text.Length);
        return new SourceSpan(file, line + 1, column + 1, Math.Max(1, Math.Min(length, text.Length - column)), text);
    }

    /// <summary>The instruction that begins at or after <paramref name="next"/>, which is moved behind it; null at the end.</summary>
    /// <param name="emptyAt">A blank line within a continuation, which Docker takes and warns of.</param>
    public DockerLine? Read(ref int next, out int? emptyAt)
    {
        emptyAt = null;
        while (next < lines.Length && IsSkipped(lines[next]))
        {
            next++;
        }
        if (next >= lines.Length)
        {
            return null;
        }
        var text = new StringBuilder();
        var pieces = ImmutableArray.CreateBuilder<LinePiece>();
        for (var first = true; next < lines.Length; next++)
        {
            var line = lines[next];
            if (!first && IsSkipped(line))
            {
                emptyAt ??= line.AsSpan().Trim().IsEmpty ? next : null;
                continue;
            }
            var start = first ? line.Length - line.TrimStart().Length : 0;
            var end = Continues(line);
            pieces.Add(new LinePiece(text.Length, next, start));
            text.Append(line, start, Math.Max(0, (end ?? line.Length) - start));
            first = false;
            if (end is null)
            {
                next++;
                break;
            }
        }
        // A lone escape makes a line of nothing.
        return text.ToString().TrimEnd() is { Length: > 0 } whole ? new DockerLine(whole, pieces.ToImmutable(), this) : Read(ref next, out emptyAt);
    }

    /// <summary>The lines of a heredoc until its name stands alone; null when it does not. <paramref name="next"/> moves behind it.</summary>
    /// <param name="raw">What a shell must see: the lines and the name.</param>
    public string? ReadHeredoc(string name, bool chomp, ref int next, StringBuilder raw)
    {
        var content = new StringBuilder();
        for (var line = next; line < lines.Length; line++)
        {
            var text = chomp ? lines[line].TrimStart('\t') : lines[line];
            raw.Append('\n').Append(lines[line]);
            if (text == name)
            {
                next = line + 1;
                return content.ToString();
            }
            content.Append(text).Append('\n');
        }
        next = lines.Length;
        return null;
    }

    private static bool IsSkipped(string line) => line.AsSpan().TrimStart() is [] or ['#', ..];

    // An escape at the end, blanks allowed behind it, unless it is escaped itself.
    private int? Continues(string line)
    {
        var end = line.TrimEnd(' ', '\t').Length - 1;
        return end >= 0 && line[end] == Escape && !(end > 0 && line[end - 1] == Escape) ? end : null;
    }
}
