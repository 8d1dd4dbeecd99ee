using System.Text;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>Variables in values: <c>${NAME}</c> and, for unset or empty ones, <c>${NAME:-default}</c>.</summary>
internal static class Interpolation
{
    public static string Expand(string text, SourceSpan at, Func<string, string?> variables, List<Diagnostic> found)
    {
        var from = text.IndexOf("${", StringComparison.Ordinal);
        if (from < 0)
        {
            return text;
        }
        var result = new StringBuilder();
        var copied = 0;
        for (; from >= 0; from = text.IndexOf("${", copied, StringComparison.Ordinal))
        {
            if (from > copied && text[from - 1] == '$')
            {
                result.Append(text, copied, from - 1 - copied).Append("${");
                copied = from + 2;
                continue;
            }
            result.Append(text, copied, from - copied);
            var end = text.IndexOf('}', from);
            if (end < 0)
            {
                found.Add(BoltfileErrors.OpenVariable(Within(at, text[from..]), text[from..]));
                return result.Append(text, from, text.Length - from).ToString();
            }
            result.Append(Value(text[(from + 2)..end], Within(at, text[from..(end + 1)]), variables, found));
            copied = end + 1;
        }
        return result.Append(text, copied, text.Length - copied).ToString();
    }

    private static string Value(string inner, SourceSpan at, Func<string, string?> variables, List<Diagnostic> found)
    {
        var split = inner.IndexOf(":-", StringComparison.Ordinal);
        var name = split < 0 ? inner : inner[..split];
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || char.IsAsciiDigit(name[0]))
        {
            found.Add(BoltfileErrors.BadVariableName(at, name));
            return "";
        }
        var value = variables(name);
        if (split >= 0)
        {
            return value is { Length: > 0 } ? value : inner[(split + 2)..];
        }
        if (value is null)
        {
            found.Add(BoltfileErrors.UndefinedVariable(at, name));
        }
        return value ?? "";
    }

    /// <summary>Where <paramref name="part"/> stands in the line, if the value is written without escapes; else the value.</summary>
    private static SourceSpan Within(SourceSpan at, string part)
    {
        var column = at.LineText.IndexOf(part, Math.Min(at.Column - 1, at.LineText.Length), StringComparison.Ordinal);
        return column < 0 ? at : at with { Column = column + 1, Length = part.Length };
    }
}
