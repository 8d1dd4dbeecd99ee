using System.Globalization;
using System.Text;

namespace Bolt.Diagnostics;

/// <summary>A diagnostic as a person reads it.</summary>
public static class DiagnosticText
{
    private const string Reset = "\e[0m";
    private const string Bold = "\e[1m";
    private const string Blue = "\e[34m";
    private const string Cyan = "\e[36m";

    /// <summary>
    /// Message, place, source line with a caret, what lies below, and the fix; several lines, without a last line end.
    /// </summary>
    /// <param name="diagnostic">What to show.</param>
    /// <param name="color">Adds ANSI colours; they repeat what the words say.</param>
    public static string Render(Diagnostic diagnostic, bool color = false)
    {
        var text = new StringBuilder();
        var (word, hue) = diagnostic.Severity switch
        {
            Severity.Error => ("error", "\e[1;31m"),
            Severity.Warning => ("warning", "\e[1;33m"),
            _ => ("note", "\e[1;36m"),
        };
        text.Append(Tint($"{word} {diagnostic.Code}", hue, color)).Append(": ").Append(Tint(Printable(diagnostic.Message), Bold, color));
        if (diagnostic.At is { } at)
        {
            AddPlace(text, at, hue, color);
        }
        for (var cause = diagnostic.Cause; cause is not null; cause = cause.Cause)
        {
            text.Append("\n  ").Append(Tint("because:", Blue, color)).Append(' ').Append(Printable(cause.Message));
        }
        if (Fix(diagnostic) is { } fix)
        {
            text.Append('\n').Append(Tint("fix:", Cyan, color)).Append(' ').Append(Printable(fix));
        }
        return text.ToString();
    }

    /// <summary>The fix of the diagnostic, else the first one among its causes.</summary>
    private static string? Fix(Diagnostic diagnostic)
    {
        for (var here = diagnostic; here is not null; here = here.Cause)
        {
            if (here.Fix is not null)
            {
                return here.Fix;
            }
        }
        return null;
    }

    private static void AddPlace(StringBuilder text, SourceSpan at, string hue, bool color)
    {
        var line = at.Line.ToString(CultureInfo.InvariantCulture);
        var gutter = new string(' ', line.Length);
        text.Append("\n ").Append(gutter).Append(Tint("-->", Blue, color))
            .Append(' ').Append(Printable(at.File)).Append(':').Append(line).Append(':').Append(at.Column.ToString(CultureInfo.InvariantCulture));
        var before = at.LineText[..Math.Clamp(at.Column - 1, 0, at.LineText.Length)];
        var marked = Math.Clamp(at.Length, 1, Math.Max(1, at.LineText.Length - before.Length));
        // Tabs stay tabs, so that the caret stands under its text at any tab width.
        var indent = string.Concat(before.Select(c => c == '\t' ? '\t' : ' '));
        text.Append("\n ").Append(Tint($"{line} |", Blue, color)).Append(' ').Append(Printable(at.LineText).TrimEnd());
        text.Append("\n ").Append(Tint($"{gutter} |", Blue, color)).Append(' ').Append(indent)
            .Append(Tint(new string('^', marked), hue, color));
    }

    /// <summary>Control characters in a user's text would act on the terminal.</summary>
    private static string Printable(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) && c is not ('\t' or '\n') ? '\uFFFD' : c));

    private static string Tint(string text, string escape, bool color) => color ? escape + text + Reset : text;
}
