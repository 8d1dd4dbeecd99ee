namespace Bolt.Boltfiles;

/// <summary>What tables were asked for while a text was read: the reading code is the schema, and this is it as data.</summary>
internal sealed class TomlSchema
{
    private readonly Dictionary<(string Path, string Name), string> kinds = [];

    /// <summary>Path of the table, name of the key, and what it must be: "string", "table", "list of tables"…</summary>
    public IEnumerable<(string Path, string Name, string Kind)> Keys => kinds.Select(k => (k.Key.Path, k.Key.Name, k.Value));

    /// <summary>Keys that nothing acts on yet.</summary>
    public HashSet<(string Path, string Name)> NotActedOn { get; } = [];

    public void Later(string path, string name)
    {
        NotActedOn.Add((path, name));
        Add(path, name, null);
    }

    /// <summary>Keys are asked for more than once, to know whether they are there or where; the first that says a kind counts.</summary>
    public void Add(string path, string name, string? kind)
    {
        if (!kinds.TryGetValue((path, name), out var known) || (known.Length == 0 && kind is not null)) kinds[(path, name)] = kind ?? "";
    }
}
