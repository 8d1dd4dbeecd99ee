using Bolt.Dockerfiles;

namespace Bolt.Runtime.Tests.Dockerfiles;

public class IgnoreFileTests
{
    // Cases of moby/patternmatcher and of the reference's own table.
    [Theory]
    [InlineData("*.md", "README.md", true)]
    [InlineData("*.md", "docs/README.md", false)]
    [InlineData("**/*.md", "docs/a/README.md", true)]
    [InlineData("**/*.md", "README.md", true)]
    [InlineData("node_modules", "node_modules/a/b.js", true)]
    [InlineData("node_modules", "app/node_modules/a.js", false)]
    [InlineData("**/node_modules", "app/node_modules/a.js", true)]
    [InlineData("/bin", "bin/x", true)]
    [InlineData("bin/", "bin/x", true)]
    [InlineData("./bin/../obj", "obj/x", true)]
    [InlineData("*/temp*", "a/temporary.txt", true)]
    [InlineData("*/*/temp*", "a/b/temp", true)]
    [InlineData("*/temp*", "temp", false)]
    [InlineData("temp?", "tempa", true)]
    [InlineData("temp?", "temp", false)]
    [InlineData("**", "anything/at/all", true)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/**", "a/x", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("[ab].txt", "b.txt", true)]
    [InlineData("[^ab].txt", "b.txt", false)]
    [InlineData("\\*.txt", "*.txt", true)]
    [InlineData("\\*.txt", "a.txt", false)]
    [InlineData(".", "a", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("# comment", "# comment", false)]
    [InlineData("  spaced  ", "spaced", true)]
    [InlineData("*.md\n!README.md", "README.md", false)]
    [InlineData("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true)]
    [InlineData("!README.md\n*.md", "README.md", true)]
    [InlineData("docs\n!docs/keep", "docs/keep/a", false)]
    [InlineData("docs\n!docs/keep", "docs/other", true)]
    [InlineData("**\n!src\n!*.csproj", "src/a/b.cs", false)]
    [InlineData("**\r\n!src\r\n", "other", true)]
    public void Paths_are_left_out(string text, string path, bool ignored)
    {
        var read = IgnoreFile.Read(".dockerignore", text);
        Assert.True(read.Ok);
        Assert.Equal(ignored, read.Value!.IsIgnored(path));
    }

    [Fact]
    public void A_pattern_of_too_many_states_is_no_pattern() =>
        Assert.False(IgnoreFile.Read(".dockerignore", string.Concat(Enumerable.Repeat("[a-z]?", 200_000)) + "\n") is { Ok: true, Value: { } read } && read.IsIgnored("x"));

    [Fact]
    public void A_wrong_pattern_is_shown_where_it_is()
    {
        var found = Assert.Single(IgnoreFile.Read("app/.dockerignore", "bin\n[a-\n").Diagnostics);
        Assert.Equal(("BOLT2627", 2), (found.Code, found.At!.Line));
    }
}
