using System.Globalization;
using System.Net;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Bolt.Build;

/// <summary>
/// The Markdown of a repository as a static site: each page where it lies, as HTML; files that pages point at beside them. Links are
/// followed, also to headings.
/// </summary>
internal static class Site
{
    private const string Start = "docs/README.md";

    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseAutoLinks().UseAutoIdentifiers(Markdig.Extensions.AutoIdentifiers.AutoIdentifierOptions.GitHub).Build();

    private static readonly string[] Skipped = ["bin", "obj", "artifacts", "node_modules"];

    /// <summary>Makes the site; what it returns are links that lead nowhere: "docs/x.md: y.md#z".</summary>
    /// <param name="root">The repository.</param>
    /// <param name="output">A folder that is made anew.</param>
    public static IReadOnlyList<string> Make(string root, string output)
    {
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }
        var pages = Pages(root).ToDictionary(p => p, p => Markdown.Parse(File.ReadAllText(Path.Combine(root, p)), Pipeline), StringComparer.Ordinal);
        var anchors = pages.ToDictionary(p => p.Key, p => p.Value.Descendants<HeadingBlock>().Select(h => h.TryGetAttributes()?.Id ?? "").ToHashSet(), StringComparer.Ordinal);
        var broken = new List<string>();
        foreach (var (page, document) in pages)
        {
            foreach (var link in document.Descendants<LinkInline>())
            {
                if (Target(root, output, page, link.Url ?? "", anchors) is { } target)
                {
                    link.Url = target;
                }
                else
                {
                    broken.Add($"{page}: {link.Url}");
                }
            }
            var file = Path.Combine(output, Html(page));
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, Whole(page, document));
        }
        File.WriteAllText(Path.Combine(output, "index.html"), $"<!doctype html><meta http-equiv=\"refresh\" content=\"0; url={Html(Start)}\"><a href=\"{Html(Start)}\">Documentation</a>\n");
        return broken;
    }

    private static IEnumerable<string> Pages(string root) => Directory.EnumerateFiles(root, "*.md", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(root, f)).Where(f => !f.Split('/').Any(p => Skipped.Contains(p) || p.StartsWith('.')))
        .Where(f => !f.StartsWith("tests/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    // Null: it leads nowhere. Pages become HTML, other files go along, other sites stay what they are.
    private static string? Target(string root, string output, string page, string url, Dictionary<string, HashSet<string>> anchors)
    {
        if (url.Contains("://", StringComparison.Ordinal) || url.StartsWith("mailto:", StringComparison.Ordinal))
        {
            return url;
        }
        var (path, anchor) = url.Split('#', 2) is [var before, var after] ? (before, after) : (url, null);
        var target = path.Length == 0 ? page : Path.GetRelativePath(root, Path.GetFullPath(Path.Combine(root, Path.GetDirectoryName(page)!, path)));
        if (target.StartsWith("..", StringComparison.Ordinal))
        {
            return null;
        }
        if (Directory.Exists(Path.Combine(root, target)))
        {
            target = Path.Combine(target, "README.md");
        }
        if (!anchors.TryGetValue(target, out var headings))
        {
            return anchor is null && Copy(root, output, target) ? path : null;
        }
        var relative = path.Length == 0 ? "" : Path.GetRelativePath(Path.GetDirectoryName("/" + page)!, "/" + Html(target));
        return anchor is null ? relative : headings.Contains(anchor) ? $"{relative}#{anchor}" : null;
    }

    private static bool Copy(string root, string output, string file)
    {
        if (!File.Exists(Path.Combine(root, file)))
        {
            return false;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(output, file))!);
        File.Copy(Path.Combine(root, file), Path.Combine(output, file), overwrite: true);
        return true;
    }

    private static string Html(string page) => Path.ChangeExtension(page, ".html");

    private static string Whole(string page, MarkdownDocument document)
    {
        var title = document.Descendants<HeadingBlock>().FirstOrDefault()?.Inline is { } inline ? string.Concat(inline.Descendants<LiteralInline>()) : page;
        var up = string.Concat(Enumerable.Repeat("../", page.Count(c => c == '/')));
        var sections = document.Descendants<HeadingBlock>().Where(h => h.Level == 2).ToList();
        var contents = sections.Count < 3 ? "" : "<ul class=\"contents\">" + string.Concat(sections.Select(h => string.Create(CultureInfo.InvariantCulture,
            $"<li><a href=\"#{h.TryGetAttributes()?.Id}\">{WebUtility.HtmlEncode(Text(h.Inline))}</a></li>"))) + "</ul>";
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{WebUtility.HtmlEncode(title)}} - Bolt</title>
            <style>
            body { max-width: 60rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fff }
            pre, code { font: .9em ui-monospace, monospace; background: #f3f3f3 } pre { padding: .7rem; overflow-x: auto } table { border-collapse: collapse }
            td, th { border: 1px solid #ccc; padding: .25rem .5rem; text-align: left; vertical-align: top } nav { border-bottom: 1px solid #ccc; padding-bottom: .5rem }
            .contents { columns: 3 14rem; font-size: .9rem } @media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } pre, code { background: #262626 } a { color: #8ab4f8 } }
            </style>
            </head>
            <body>
            <nav><a href="{{up}}{{Html(Start)}}">Documentation</a> · <a href="{{up}}README.html">Bolt</a> · <a href="{{up}}CHANGELOG.html">Changes</a></nav>
            {{contents}}
            {{document.ToHtml(Pipeline)}}
            </body>
            </html>

            """;
    }

    private static string Text(ContainerInline? inline) => inline is null ? "" : string.Concat(inline.Descendants().Select(i => i switch
    {
        LiteralInline text => text.Content.ToString(),
        CodeInline code => code.Content,
        _ => "",
    }));
}
