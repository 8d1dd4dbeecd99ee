using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary><c>&lt;&lt;EOF</c>, <c>&lt;&lt;-EOF</c> and <c>&lt;&lt;"EOF"</c> behind RUN, COPY and ADD.</summary>
internal static partial class HeredocReader
{
    public static DockerLine Read(DockerLine line, DockerLines lines, ref int next, List<Diagnostic> found)
    {
        var keyword = DockerScan.Fields(line.Text, 0)[0].Text.ToUpperInvariant();
        if (keyword is not ("RUN" or "COPY" or "ADD" or "ONBUILD") || !line.Text.Contains("<<", StringComparison.Ordinal))
        {
            return line;
        }
        var heredocs = ImmutableArray.CreateBuilder<Heredoc>();
        var raw = new StringBuilder(line.Text);
        foreach (var word in DockerScan.Quoted(line.Text, 0, lines.Escape))
        {
            if (Mark().Match(word.Text) is not { Success: true } match)
            {
                continue;
            }
            var (name, at) = (DockerScan.Unquote(match.Groups["name"].Value), line.Span(word.Offset, word.Text.Length));
            if (name.Length == 0)
            {
                continue;
            }
            var content = lines.ReadHeredoc(name, match.Groups["chomp"].Length > 0, ref next, raw);
            if (content is null)
            {
                found.Add(DockerfileErrors.OpenHeredoc(at, name));
            }
            heredocs.Add(new Heredoc(name, content ?? "", match.Groups["name"].Value == name, at));
        }
        return heredocs.Count == 0 ? line : line with { Heredocs = heredocs.ToImmutable(), Whole = raw.ToString() };
    }

    // "3<<EOF" gives it a number, "<<<" is bash's here-string.
    [GeneratedRegex(@"^\d*<<(?<chomp>-?)(?<name>[^<\s]+)$")]
    private static partial Regex Mark();
}
