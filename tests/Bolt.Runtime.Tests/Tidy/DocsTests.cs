using System.Text.RegularExpressions;

namespace Bolt.Runtime.Tests.Tidy;

/// <summary>What the documentation points at is there; and nothing here goes out to look at the world.</summary>
public partial class DocsTests
{
    [Fact]
    public void Every_link_leads_somewhere()
    {
        var wrong =
            from page in Pages()
            let text = Code().Replace(File.ReadAllText(page), "")
            from Match link in Links().Matches(text)
            let target = link.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            let file = target.Split('#')[0]
            let path = file.Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, file)
            let heading = target.Split('#') is [_, var anchor] ? anchor : null
            where !Path.Exists(path) || heading is not null && path.EndsWith(".md", StringComparison.Ordinal) && !Anchors(path).Contains(heading)
            select $"{Repository.Relative(page)}: {target}";
        Report.None(wrong);
    }

    private static IEnumerable<string> Pages() =>
        Directory.GetFiles(Repository.Root, "*.md").Concat(((string[])["docs", "src", "templates", "tests"])
            .SelectMany(f => Directory.GetFiles(Path.Combine(Repository.Root, f), "*.md", SearchOption.AllDirectories)))
            .Where(p => !p.Contains("/bin/", StringComparison.Ordinal) && !p.Contains("/obj/", StringComparison.Ordinal));

    // As GitHub makes them: lower case, spaces are hyphens, the rest goes.
    private static HashSet<string> Anchors(string page) =>
        [.. File.ReadLines(page).Where(l => l.StartsWith('#')).Select(l => Dropped().Replace(l.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"(?s)^```.*?^```|`[^`\n]*`", RegexOptions.Multiline)]
    private static partial Regex Code();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Dropped();
}
