using System.Text;

namespace Bolt.Dockerfiles;

/// <summary>
/// Expands one word as Docker's small shell does: quotes and escapes go, <c>$NAME</c> and <c>${NAME…}</c> are replaced.
/// </summary>
/// <param name="escape">The file's escape character.</param>
/// <param name="lookup">Null: the variable is not set.</param>
/// <param name="raw">A heredoc's text: quotes mean nothing, and the escape acts on <c>$</c> and itself alone.</param>
internal sealed class DockerExpansion(char escape, Func<string, string?> lookup, bool raw = false)
{
    private const int MaxDepth = 32, MaxLength = 1 << 20;

    private string text = "";
    private int at, depth;

    /// <summary>Why the word cannot be expanded; null when it was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Where in the word the problem is.</summary>
    public int ProblemAt { get; private set; }

    /// <summary>Names that were used without a default and are not set.</summary>
    public HashSet<string> Unset { get; } = new(StringComparer.Ordinal);

    /// <summary>Null with a <see cref="Problem"/>.</summary>
    public string? Expand(string word)
    {
        (text, at, depth, Problem) = (word, 0, 0, null);
        var result = Until('\0');
        return Problem is null ? result : null;
    }

    private string Until(char stop)
    {
        var result = new StringBuilder();
        while (Problem is null && at < text.Length && text[at] != stop)
        {
            if (result.Length > MaxLength)
            {
                return Fail("the text becomes too long");
            }
            var c = text[at];
            if (c == '$')
            {
                result.Append(Variable());
            }
            else if (!raw && c is '\'' or '"')
            {
                result.Append(c == '"' ? DoubleQuoted() : SingleQuoted());
            }
            else if (c == escape && (!raw || (at + 1 < text.Length && (text[at + 1] == '$' || text[at + 1] == escape))))
            {
                at++;
                result.Append(at < text.Length ? text[at++] : null);
            }
            else
            {
                result.Append(c);
                at++;
            }
        }
        return result.ToString();
    }

    private string SingleQuoted()
    {
        var end = text.IndexOf('\'', at + 1);
        if (end < 0)
        {
            return Fail("a quote is not closed");
        }
        var quoted = text[(at + 1)..end];
        at = end + 1;
        return quoted;
    }

    private string DoubleQuoted()
    {
        var (start, result) = (at++, new StringBuilder());
        while (Problem is null)
        {
            if (at >= text.Length)
            {
                at = start;
                return Fail("a quote is not closed");
            }
            var c = text[at];
            if (c == '"')
            {
                at++;
                break;
            }
            if (c == '$')
            {
                result.Append(Variable());
                continue;
            }
            if (c == escape && at + 1 < text.Length && (text[at + 1] is '"' or '$' || text[at + 1] == escape))
            {
                at++;
            }
            result.Append(text[at++]);
        }
        return result.ToString();
    }

    private string Variable()
    {
        var start = at++;
        if (at < text.Length && text[at] == '{')
        {
            at++;
            if (++depth > MaxDepth)
            {
                return Fail("it is nested too deep");
            }
            var value = Braced(start);
            depth--;
            return value;
        }
        var name = Name();
        return name.Length == 0 ? "$" : Value(name) ?? "";
    }

    private string Name()
    {
        var start = at;
        if (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '@' or '*' or '#'))
        {
            at++;
        }
        else
        {
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_'))
            {
                at++;
            }
        }
        return text[start..at];
    }

    private string Braced(int start)
    {
        var name = Name();
        if (name.Length == 0)
        {
            return Fail("a name is missing in `${}`", start);
        }
        if (at >= text.Length)
        {
            return Fail("`}` is missing", start);
        }
        var operation = text[at++];
        switch (operation)
        {
            case '}':
                return Value(name) ?? "";
            case ':' when at < text.Length && text[at] is '-' or '+' or '?':
                return Conditional(name, text[at++], emptyIsUnset: true, start);
            case '-' or '+' or '?':
                return Conditional(name, operation, emptyIsUnset: false, start);
            case '#' or '%' or '/':
                return Modified(name, operation, start);
            default:
                return Fail($"`{operation}` is no modifier", start);
        }
    }

    private string Conditional(string name, char operation, bool emptyIsUnset, int start)
    {
        var word = Until('}');
        if (!Close(start))
        {
            return "";
        }
        var value = lookup(name);
        var set = value is not null && !(emptyIsUnset && value.Length == 0);
        return operation switch
        {
            '-' => set ? value! : word,
            '+' => set ? word : "",
            _ => set ? value! : Fail($"`{name}` must be set" + (word.Length > 0 ? $": {word}" : ""), start),
        };
    }

    private string Modified(string name, char operation, int start)
    {
        var twice = at < text.Length && text[at] == operation;
        at += twice ? 1 : 0;
        var pattern = operation == '/' ? Pattern('/') : Pattern('}');
        var replacement = "";
        if (operation == '/' && at < text.Length && text[at] == '/')
        {
            at++;
            replacement = Until('}');
        }
        if (!Close(start))
        {
            return "";
        }
        var value = Value(name) ?? "";
        if (value.Length > ShellPattern.MaxValue || pattern.Length > ShellPattern.MaxPattern)
        {
            return Fail($"`{name}` or the pattern is too long for `{operation}`", start);
        }
        var shell = new ShellPattern(pattern);
        return operation switch
        {
            '#' => shell.WithoutPrefix(value, longest: twice),
            '%' => shell.WithoutSuffix(value, longest: twice),
            _ => shell.Replace(value, replacement, all: twice),
        };
    }

    // The pattern keeps its escapes: "\*" is a star.
    private string Pattern(char stop)
    {
        var result = new StringBuilder();
        while (Problem is null && at < text.Length && text[at] != stop && text[at] != '}')
        {
            if (text[at] == '$')
            {
                result.Append(Variable());
                continue;
            }
            if (text[at] == escape && at + 1 < text.Length)
            {
                result.Append('\\');
                at++;
            }
            result.Append(text[at++]);
        }
        return result.ToString();
    }

    private bool Close(int start)
    {
        if (Problem is null && (at >= text.Length || text[at] != '}'))
        {
            Fail("`}` is missing", start);
        }
        at++;
        return Problem is null;
    }

    private string? Value(string name)
    {
        var value = lookup(name);
        if (value is null)
        {
            Unset.Add(name);
        }
        return value;
    }

    private string Fail(string problem, int? where = null)
    {
        Problem ??= problem;
        ProblemAt = where ?? at;
        at = text.Length;
        return "";
    }
}
