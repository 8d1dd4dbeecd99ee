using Bolt.Dockerfiles;

namespace Bolt.Runtime.Tests.Dockerfiles;

public class DockerExpansionTests
{
    private static string? Lookup(string name) => name switch
    {
        "A" => "value",
        "EMPTY" => "",
        "FILE" => "archive.tar.gz",
        "PATH" => "/usr/local/bin:/usr/bin",
        "STAR" => "*",
        _ => null,
    };

    // The table of BuildKit's own shell tests, and what the reference says about modifiers.
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$A", "value")]
    [InlineData("${A}b", "valueb")]
    [InlineData("$Ab", "")]
    [InlineData("a$", "a$")]
    [InlineData("$$A", "$value")]
    [InlineData("\\$A", "$A")]
    [InlineData("'$A'", "$A")]
    [InlineData("\"$A\"", "value")]
    [InlineData("\"\\$A \\\" \\n\"", "$A \" \\n")]
    [InlineData("a\\ b", "a b")]
    [InlineData("'it''s'", "its")]
    [InlineData("${NONE}", "")]
    [InlineData("${NONE:-other}", "other")]
    [InlineData("${EMPTY:-other}", "other")]
    [InlineData("${EMPTY-other}", "")]
    [InlineData("${NONE-other}", "other")]
    [InlineData("${A:+set}", "set")]
    [InlineData("${EMPTY:+set}", "")]
    [InlineData("${EMPTY+set}", "set")]
    [InlineData("${NONE:-${A:+deep $A}}", "deep value")]
    [InlineData("${NONE:-'a b'}", "a b")]
    [InlineData("${FILE#*.}", "tar.gz")]
    [InlineData("${FILE##*.}", "gz")]
    [InlineData("${FILE%.*}", "archive.tar")]
    [InlineData("${FILE%%.*}", "archive")]
    [InlineData("${FILE/a/o}", "orchive.tar.gz")]
    [InlineData("${FILE//a/o}", "orchive.tor.gz")]
    [InlineData("${FILE/.tar*/}", "archive")]
    [InlineData("${FILE#archive?}", "tar.gz")]
    [InlineData("${STAR#\\*}", "")]
    [InlineData("${A#\\*}", "value")]
    [InlineData("${PATH%%:*}", "/usr/local/bin")]
    [InlineData("${PATH##*/}", "bin")]
    [InlineData("${PATH%/*}", "/usr/local/bin:/usr")]
    [InlineData("${PATH//\\/usr/}", "/local/bin:/bin")]
    [InlineData("${PATH//[/x}", "/usr/local/bin:/usr/bin")]
    [InlineData("${FILE//*/x}", "x")]
    [InlineData("${A:?needed}", "value")]
    public void Words_become(string word, string expected) => Assert.Equal(expected, new DockerExpansion('\\', Lookup).Expand(word));

    [Fact]
    public void A_pattern_of_many_stars_over_a_long_value_ends_and_a_longer_one_is_refused()
    {
        var stars = string.Concat(Enumerable.Repeat("*a", 100)) + "b";
        string? Long(string name) => new('a', name == "L" ? ShellPattern.MaxValue : ShellPattern.MaxValue + 1);
        Assert.Equal(Long("L"), new DockerExpansion('\\', Long).Expand("${L##" + stars + "}"));
        Assert.Equal(Long("L"), new DockerExpansion('\\', Long).Expand("${L%%" + stars + "}"));
        var refused = new DockerExpansion('\\', Long);
        Assert.Null(refused.Expand("${M#a}"));
        Assert.Equal("`M` or the pattern is too long for `#`", refused.Problem);
    }

    [Theory]
    [InlineData("${", "a name is missing in `${}`")]
    [InlineData("${A", "`}` is missing")]
    [InlineData("${A:-x", "`}` is missing")]
    [InlineData("${A:x}", "`:` is no modifier")]
    [InlineData("${A^}", "`^` is no modifier")]
    [InlineData("'open", "a quote is not closed")]
    [InlineData("\"open", "a quote is not closed")]
    [InlineData("${NONE:?set it}", "`NONE` must be set: set it")]
    public void Wrong_words_say_why(string word, string problem)
    {
        var expansion = new DockerExpansion('\\', Lookup);
        Assert.Null(expansion.Expand(word));
        Assert.Equal(problem, expansion.Problem);
    }

    [Fact]
    public void The_escape_may_be_a_backtick() => Assert.Equal(@"c:\value$", new DockerExpansion('`', Lookup).Expand(@"c:\$A`$"));

    [Fact]
    public void In_a_heredoc_quotes_stay() => Assert.Equal("a 'value' \"q\" \\n $A \\", new DockerExpansion('\\', Lookup, raw: true).Expand("a '$A' \"q\" \\n \\$A \\\\"));

    [Fact]
    public void Names_that_are_not_set_are_told()
    {
        var expansion = new DockerExpansion('\\', Lookup);
        expansion.Expand("$X ${Y:-1} ${Z#a} $A");
        Assert.Equal(["X", "Z"], expansion.Unset.Order());
    }

    [Fact]
    public void Depth_and_length_are_bounded()
    {
        var deep = string.Concat(Enumerable.Repeat("${B:-", 10_000)) + string.Concat(Enumerable.Repeat("}", 10_000));
        Assert.Null(new DockerExpansion('\\', Lookup).Expand(deep));
        Assert.Null(new DockerExpansion('\\', _ => new string('x', 100_000)).Expand(string.Concat(Enumerable.Repeat("$A", 100))));
    }
}
