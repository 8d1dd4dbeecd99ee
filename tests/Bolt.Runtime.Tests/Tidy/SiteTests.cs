using Bolt.Build;

namespace Bolt.Runtime.Tests.Tidy;

/// <summary>The site that `build/site` makes of the documentation.</summary>
public sealed class SiteTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bolt-site-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_page_is_made_and_every_link_leads_somewhere()
    {
        var output = Path.Combine(folder, "site");
        Report.None(Site.Make(Repository.Root, output));
        Assert.All((string[])["index.html", "docs/README.html", "docs/tutorial.html", "docs/reference/verbs.html", "README.html", "docs/pipelines/github-actions.yml"],
            page => Assert.True(File.Exists(Path.Combine(output, page)), page));
        var tutorial = File.ReadAllText(Path.Combine(output, "docs/tutorial.html"));
        Assert.Contains("<a href=\"pipelines/README.html\">", tutorial, StringComparison.Ordinal);
        Assert.DoesNotContain(".md\"", tutorial, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_a_page_a_heading_or_a_file_that_is_not_there_is_told()
    {
        Directory.CreateDirectory(Path.Combine(folder, "docs"));
        File.WriteAllText(Path.Combine(folder, "docs/README.md"), "# One\n\n## Two words\n\n[a](#two-words) [b](#three) [c](gone.md) [d](other.md#x) [e](../../out.md) [f](https://example.org) [g](docs.txt)\n");
        File.WriteAllText(Path.Combine(folder, "docs/other.md"), "# Other\n\n[back](README.md#one)\n");
        Assert.Equal(["#three", "gone.md", "other.md#x", "../../out.md", "docs.txt"], Site.Make(folder, Path.Combine(folder, "artifacts/site")).Select(b => b.Split(": ")[1]));
    }
}
