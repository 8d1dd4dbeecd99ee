using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>
/// .dockerignore, and the patterns of COPY --exclude: a path is left out when the last pattern that matches it, or a folder
/// above it, is no exception. Pure.
/// </summary>
internal sealed class IgnoreFile
{
    private readonly ImmutableArray<Rule> rules;

    private IgnoreFile(ImmutableArray<Rule> rules) => this.rules = rules;

    public static IgnoreFile Nothing { get; } = new([]);

    /// <summary>There are exceptions, so that a folder that is left out must still be looked into.</summary>
    public bool HasExceptions => rules.Any(r => r.Exception);

    public bool IsEmpty => rules.IsEmpty;

    public static Checked<IgnoreFile> Read(string file, string text)
    {
        var (rules, found) = (ImmutableArray.CreateBuilder<Rule>(), ImmutableArray.CreateBuilder<Diagnostic>());
        var lines = (text.StartsWith('\uFEFF') ? text[1..] : text).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            // Only at the very start of a line is it a comment.
            if (line.StartsWith('#') || line.AsSpan().Trim().IsEmpty)
            {
                continue;
            }
            if (Rule.Parse(line.Trim()) is { } rule)
            {
                rules.Add(rule);
                continue;
            }
            found.Add(DockerfileErrors.BadIgnorePattern(new SourceSpan(file, i + 1, 1, Math.Max(1, line.Length), line), line.Trim()));
        }
        return new Checked<IgnoreFile>(new IgnoreFile(rules.ToImmutable()), found.ToImmutable());
    }

    /// <summary>Null when one is no pattern.</summary>
    public static IgnoreFile? Of(IEnumerable<string> patterns)
    {
        var rules = patterns.Select(Rule.Parse).ToImmutableArray();
        return rules.Contains(null) ? null : new IgnoreFile([.. rules.Select(r => r!)]);
    }

    /// <param name="path">Relative to the folder, with `/` between its parts.</param>
    public bool IsIgnored(string path)
    {
        var ignored = false;
        foreach (var rule in rules)
        {
            if (rule.Exception == ignored && rule.MatchesOrAbove(path))
            {
                ignored = !rule.Exception;
            }
        }
        return ignored;
    }

    private sealed record Rule(bool Exception, Regex Pattern)
    {
        public bool MatchesOrAbove(string path)
        {
            for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
            {
                if (Pattern.IsMatch(path[..end]))
                {
                    return true;
                }
            }
            return false;
        }

        public static Rule? Parse(string text)
        {
            var exception = text.StartsWith('!');
            var pattern = PathPattern.Clean(exception ? text[1..].Trim() : text);
            return PathPattern.ToRegex(pattern) is { } regex ? new Rule(exception, regex) : null;
        }
    }
}

/// <summary>Path patterns: <c>*</c> and <c>?</c> stay within a folder, <c>**</c> does not; <c>[a-z]</c> and <c>\x</c> as in Go's path.Match.</summary>
internal static class PathPattern
{
    public static bool HasWildcard(string text) => text.AsSpan().IndexOfAny("*?[") >= 0;

    /// <summary>Without `.`, empty parts and a slash at either end; `..` takes the part before it.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }
        return string.Join('/', parts);
    }

    /// <summary>Null when it is no pattern. The engine that does not go back: patterns come from others.</summary>
    public static Regex? ToRegex(string pattern)
    {
        var text = new StringBuilder("^");
        // "." and "/" name the folder itself, which is never left out: an empty pattern matches no path.
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i++;
                    var slash = i + 1 < pattern.Length && pattern[i + 1] == '/';
                    i += slash ? 1 : 0;
                    text.Append(slash ? "(.*/)?" : ".*");
                    break;
                case '*':
                    text.Append("[^/]*");
                    break;
                case '?':
                    text.Append("[^/]");
                    break;
                case '[':
                    var close = pattern.IndexOf(']', Math.Min(pattern.Length, i + 2));
                    if (close < 0)
                    {
                        return null;
                    }
                    text.Append(pattern, i, close - i + 1);
                    i = close;
                    break;
                case '\\' when i + 1 < pattern.Length:
                    text.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                default:
                    text.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }
        try
        {
            return new Regex(text.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline);
        }
        // NotSupportedException: more states than the engine takes.
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
