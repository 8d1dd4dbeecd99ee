using Bolt.Diagnostics;

namespace Bolt.Runtime.Tests.Diagnostics;

public class DiagnosticTests
{
    private static readonly SourceSpan At = new("Boltfile.toml", 7, 1, 10, "image_name = \"nginx:1.27\"");
    private static readonly Diagnostic Unknown = new("BOLT1004", Severity.Error, "unknown key `image_name` in service `web`", At, "write `image`");

    private static readonly Diagnostic Nested = new("BOLT5012", Severity.Error, "cannot start `db`", null, null,
        new("BOLT5003", Severity.Error, "cannot mount its root tree", null, "run `bolt doctor`",
            new("BOLT5001", Severity.Error, "mount overlay: EINVAL")));

    [Fact]
    public void Text_is_as_the_design_shows() =>
        Golden.Check("Diagnostics/unknown-key", DiagnosticText.Render(Unknown));

    [Fact]
    public void Causes_follow_outermost_first_and_the_nearest_fix_is_last() =>
        Golden.Check("Diagnostics/causes", DiagnosticText.Render(Nested));

    [Fact]
    public void Colour_comes_only_when_asked() =>
        Golden.Check("Diagnostics/colour", DiagnosticText.Render(Unknown, color: true).Replace("\e", "ESC", StringComparison.Ordinal));

    [Fact]
    public void Tabs_and_control_characters_do_not_move_the_caret() =>
        Golden.Check("Diagnostics/tabs", DiagnosticText.Render(Unknown with { At = new("b.toml", 100, 3, 4, "\t\tabcd\u001b[2J") }));

    [Fact]
    public void A_span_past_its_line_still_renders()
    {
        foreach (var (column, length) in new[] { (0, 0), (99, 99), (1, int.MaxValue) })
        {
            Assert.Contains("^", DiagnosticText.Render(Unknown with { At = At with { Column = column, Length = length } }), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Text_of_a_hostile_file_does_not_act_on_the_terminal()
    {
        var cause = new Diagnostic("BOLT2001", Severity.Error, "because \u001b[2J");
        var text = DiagnosticText.Render(new Diagnostic("BOLT2002", Severity.Error, "`\u001b]0;title\u0007`", null, "write `\u009b1m`") { Cause = cause });
        Assert.DoesNotContain(text, c => char.IsControl(c) && c != '\n');
    }
}
