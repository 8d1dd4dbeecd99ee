namespace Bolt.Packages;

/// <summary>One alternative of a dependency: <c>libc6:any (>= 2.34)</c> (deb-control(5)).</summary>
/// <param name="Architecture">What follows the colon; empty when nothing does.</param>
/// <param name="Operator">One of &lt;&lt; &lt;= = &gt;= &gt;&gt;, or empty.</param>
internal readonly record struct Relation(string Name, string Architecture, string Operator, string Version)
{
    /// <summary>Commas separate what is needed, bars the alternatives for it.</summary>
    public static List<Relation[]> ParseAll(string field)
    {
        var all = new List<Relation[]>();
        foreach (var group in field.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            all.Add(ParseAlternatives(group));
        }
        return all;
    }

    public static Relation[] ParseAlternatives(string group) =>
        [.. group.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];

    private static Relation Parse(string text)
    {
        var (op, version) = ("", "");
        var name = text;
        if (text.IndexOf('(') is var open and >= 0)
        {
            name = text[..open].Trim();
            var inner = text[(open + 1)..].TrimEnd(' ', ')').Trim();
            var length = inner.AsSpan().IndexOfAnyExcept("<=>");
            op = inner[..Math.Max(length, 0)];
            version = inner[Math.Max(length, 0)..].Trim();
        }
        // Restrictions by architecture or build profile do not occur in binary packages, but cost nothing to leave out.
        name = name.IndexOfAny(['[', '<']) is var extra and >= 0 ? name[..extra].Trim() : name;
        return name.IndexOf(':') is var colon and >= 0
            ? new Relation(name[..colon], name[(colon + 1)..], op, version)
            : new Relation(name, "", op, version);
    }

    public override string ToString() => Operator.Length == 0 ? Name : $"{Name} ({Operator} {Version})";
}
