using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Bolt.Boltfiles;

namespace Bolt.Runtime.Tests.Reference;

/// <summary>
/// The keys of a Boltfile, from the code that reads it: it is asked about a text with every table that it has asked for, until it asks
/// for no other.
/// </summary>
internal static partial class BoltfilePage
{
    private const string Start = """
        project = "p"
        [services.NAME]
        image = "bolt://x"
        [services.BUILT]
        build = "./x"
        [services.MADE]
        capsule = "x"

        """;

    private sealed record Key(string Name, string Kind, bool Later);

    public static string Write()
    {
        var tables = Tables();
        var words = Words();
        var page = new Page("Keys of a Boltfile", "the code that reads Boltfiles");
        page.Line("A key that is not here is an error (BOLT1004). `${NAME}` and `${NAME:-default}` stand for variables in every string. [What the forms are](../../src/Bolt.Runtime/Boltfiles/README.md): sizes, times, ports, volumes.").Line();
        page.Line("A key marked *not yet* is read and kept, and nothing acts on it: writing it is a warning (BOLT1014).").Line();
        foreach (var (path, keys) in tables)
        {
            page.Line(path.Length == 0 ? "## Top level" : path.EndsWith("[]", StringComparison.Ordinal) ? $"## `[[{path[..^2]}]]`" : $"## `[{path}]`").Line();
            page.Table(["key", "is a", "says"], keys.Select(k => (string[])[$"`{k.Name}`", k.Kind, (k.Later ? "*not yet* " : "") + Said(words, path, k.Name)]));
        }
        return page.ToString();
    }

    private static SortedDictionary<string, List<Key>> Tables()
    {
        var asked = new SortedSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var text = Start + string.Concat(asked.Select(a => a + "\n"));
            var schema = BoltfileReader.SchemaOf(text);
            var more = schema.Keys.Where(k => !k.Path.StartsWith("services.BUILT", StringComparison.Ordinal) && !k.Path.StartsWith("services.MADE", StringComparison.Ordinal) && !k.Path.Contains('[')
                    && k.Name is not ("services" or "project"))
                .Select(k => Written(k.Path.Length == 0 ? k.Name : $"{k.Path}.{k.Name}", k.Kind)).OfType<string>().ToList();
            if (more.All(asked.Contains)) return Grouped(schema);
            asked.UnionWith(more);
        }
    }

    private static string? Written(string path, string kind) => kind switch
    {
        "table" or "table of strings" => $"[{path}]",
        "tables by name" => $"[{path}.NAME]",
        "list of tables" => $"[[{path}]]",
        _ => null,
    };

    private static SortedDictionary<string, List<Key>> Grouped(TomlSchema schema)
    {
        var tables = new SortedDictionary<string, List<Key>>(StringComparer.Ordinal);
        var maps = schema.Keys.Where(k => k.Kind is "table of strings" or "tables by name").Select(k => k.Path.Length == 0 ? k.Name : $"{k.Path}.{k.Name}").ToHashSet();
        foreach (var (path, name, kind) in schema.Keys)
        {
            var table = path.Replace("services.BUILT", "services.NAME", StringComparison.Ordinal).Replace("services.MADE", "services.NAME", StringComparison.Ordinal).Replace("[0]", "[]", StringComparison.Ordinal);
            if (maps.Contains(table) || table.EndsWith(".project", StringComparison.Ordinal)) continue;
            var keys = tables.TryGetValue(table, out var known) ? known : tables[table] = [];
            var old = keys.FindIndex(k => k.Name == name);
            var key = new Key(name, kind.Length == 0 ? "any" : kind, schema.NotActedOn.Contains((path, name)));
            if (old < 0) keys.Add(key);
            else if (keys[old].Kind == "any") keys[old] = key;
        }
        return tables;
    }

    // Documentation of the model, by type and property: `working_dir` is Service.WorkingDir.
    private static Dictionary<string, string> Words() => XDocument.Load(Path.ChangeExtension(typeof(BoltOptions).Assembly.Location, ".xml"))
        .Descendants("member").Select(m => (Name: m.Attribute("name")!.Value, Text: Text(m.Element("summary"))))
        .Where(m => m.Name.StartsWith("P:Bolt.Boltfiles.", StringComparison.Ordinal)).ToDictionary(m => m.Name["P:Bolt.Boltfiles.".Length..], m => m.Text);

    private static string Said(Dictionary<string, string> words, string path, string key)
    {
        var pascal = Pascal(key);
        var table = path.TrimEnd('[', ']').Split('.')[^1];
        string[] types = path switch
        {
            "" => ["Boltfile"],
            "services.NAME" => ["Service", "ServiceLimits", "ServiceExtras"],
            _ => [Pascal(table), Pascal(table) + "Table", Pascal(table).TrimEnd('s') + "Table", "BlockIoTable"],
        };
        var found = types.Select(t => words.GetValueOrDefault($"{t}.{pascal}")).FirstOrDefault(t => t is not null)
            ?? words.Where(w => types.Any(t => w.Key.StartsWith(t + ".", StringComparison.Ordinal))).Select(w => w.Value).FirstOrDefault(t => t.StartsWith($"`{key}`", StringComparison.Ordinal) || t.Contains($"`{key}`", StringComparison.Ordinal));
        if (found is null) return "";
        // "`cpu_shares`: weight against others": the key stands in its own column.
        return found.StartsWith($"`{key}`: ", StringComparison.Ordinal) ? found[(key.Length + 4)..] : found.TrimEnd('.') == $"`{key}`" ? "" : found;
    }

    private static string Pascal(string key) => string.Concat(key.Split('_').Where(p => p.Length > 0).Select(p => char.ToUpperInvariant(p[0]) + p[1..]));

    private static string Text(XElement? summary)
    {
        var text = new StringBuilder();
        foreach (var node in summary?.Nodes() ?? [])
        {
            text.Append(node switch
            {
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                XElement other => (other.Attribute("cref") ?? other.Attribute("name"))?.Value.Split('.')[^1] ?? other.Value,
                _ => node.ToString(),
            });
        }
        return Blanks().Replace(text.ToString(), " ").Trim().Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
