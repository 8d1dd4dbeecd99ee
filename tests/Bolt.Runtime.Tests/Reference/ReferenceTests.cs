using Bolt.Runtime.Tests.Tidy;

namespace Bolt.Runtime.Tests.Reference;

/// <summary>docs/reference is made from the code: `build/reference` writes it, these tests say when it is out of date.</summary>
public class ReferenceTests
{
    [Fact]
    public void Verbs_are_those_of_the_tool() => Check("verbs.md", VerbPage.Write());

    [Fact]
    public void Keys_are_those_that_the_reader_asks_for() => Check("boltfile.md", BoltfilePage.Write());

    [Fact]
    public void Codes_are_those_that_the_code_says() => Check("errors.md", CodePage.Write());

    [Fact]
    public void A_key_that_the_reader_knows_is_on_its_page()
    {
        // Of each kind of table, down to a list of tables in a table in a service.
        var page = BoltfilePage.Write();
        Assert.All((string[])["`image`", "`depends_on`", "`healthcheck`", "`start_period`", "`size`", "`rate`", "`subnet`"],
            key => Assert.Contains($"| {key} |", page, StringComparison.Ordinal));
        Assert.Contains("## `[[services.NAME.blkio_config.device_read_bps]]`", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_code_of_the_sources_is_on_its_page()
    {
        var page = CodePage.Write();
        var codes = Repository.Sources("src").Where(f => f.EndsWith("Errors.cs", StringComparison.Ordinal))
            .SelectMany(f => System.Text.RegularExpressions.Regex.Matches(Repository.WithoutComments(f), "\"(BOLT\\d{4})\"").Select(m => m.Groups[1].Value)).Distinct();
        Report.None(codes.Where(c => !page.Contains($"`{c}`", StringComparison.Ordinal)));
    }

    private static void Check(string name, string text)
    {
        var file = Path.Combine(Repository.Root, "docs/reference", name);
        if (Environment.GetEnvironmentVariable("BOLT_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
            return;
        }
        Assert.True(File.Exists(file) && File.ReadAllText(file) == text, $"docs/reference/{name} is not what the code says; `build/reference` writes it anew");
    }
}
