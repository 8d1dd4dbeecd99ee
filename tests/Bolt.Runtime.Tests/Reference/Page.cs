using System.Text;
using Bolt.Runtime.Tests.Tidy;

namespace Bolt.Runtime.Tests.Reference;

/// <summary>Markdown that says where it comes from.</summary>
internal sealed class Page
{
    private readonly StringBuilder _text = new();

    public Page(string title, string from)
    {
        Line($"# {title}").Line().Line($"<!-- Made from {from} by `build/reference`; a test says when it is out of date. -->").Line();
    }

    public Page Line(string text = "")
    {
        _text.Append(text).Append('\n');
        return this;
    }

    /// <summary>Nothing when there are no rows.</summary>
    public Page Table(string[] heads, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0) return this;
        Row(heads).Row([.. heads.Select(_ => "---")]);
        foreach (var row in all) Row([.. row.Select(Cell)]);
        return Line();
    }

    public override string ToString() => _text.ToString().TrimEnd('\n') + "\n";

    private Page Row(string[] cells) => Line($"| {string.Join(" | ", cells)} |");

    // A bar ends a cell, also in code; a tag begins outside of code only.
    private static string Cell(string text) => string.Join('`', text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ').Split('`')
        .Select((part, i) => i % 2 == 0 ? part.Replace("<", "&lt;", StringComparison.Ordinal) : part));
}
