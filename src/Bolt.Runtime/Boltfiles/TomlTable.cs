using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>Reads one written form. Null when it is well; else what is wrong with it, as the end of "`80:x` …".</summary>
internal delegate string? TextReader<T>(string text, out T value);

/// <summary>
/// A table, read strictly: each key that is asked for is one that it may have, and <see cref="RefuseOthers"/> reports the
/// rest. What has the wrong type or form is reported where it stands and read as absent, so one pass finds everything.
/// </summary>
/// <param name="group">The entries.</param>
/// <param name="path">Dotted path from the top; empty at the top.</param>
/// <param name="what">How sentences call it: "service `web`".</param>
/// <param name="findings">Receives what is wrong.</param>
internal sealed partial class TomlTable(TomlNode.Group group, string path, string what, TomlFindings findings)
{
    private readonly HashSet<string> known = [];

    public string Path { get; } = path;
    public string What { get; } = what;
    public TomlFindings Findings { get; } = findings;
    public SourceSpan At => group.At;
    public TomlNode.Group Node => group;
    public IEnumerable<string> Names => group.Entries.Select(e => e.Name);

    /// <summary>The entry of a key that this table may have; null when it is not written.</summary>
    public TomlEntry? Entry(string key) => Entry(key, null);

    private TomlEntry? Entry(string key, string? kind)
    {
        known.Add(key);
        Findings.Schema?.Add(Path, key, kind);
        return group.Entries.FirstOrDefault(e => e.Name == key);
    }

    public bool Has(string key) => Entry(key) is not null;

    /// <summary>Where the key's value stands; the table itself when it is not written.</summary>
    public SourceSpan ValueAt(string key) => Entry(key)?.Value.At ?? At;

    /// <summary>Where the key stands; the table itself when it is not written.</summary>
    public SourceSpan KeyAt(string key) => Entry(key)?.KeyAt ?? At;

    public string? Text(string key) => Entry(key, "string") switch
    {
        null => null,
        { Value: TomlNode.Text text } => Findings.Expand(text.Value, text.At),
        var other => Wrong<string>(key, other.Value, "a string", $"{key} = \"…\""),
    };

    public bool? Flag(string key) => Entry(key, "true or false") switch
    {
        null => null,
        { Value: TomlNode.Flag flag } => flag.Value,
        var other => WrongValue<bool>(key, other.Value, "true or false", $"{key} = true"),
    };

    public int? Integer(string key, int min = 0, int max = int.MaxValue)
    {
        switch (Entry(key, "integer"))
        {
            case null:
                return null;
            case { Value: TomlNode.Integer number } when number.Value >= min && number.Value <= max:
                return (int)number.Value;
            case { Value: TomlNode.Integer number }:
                Findings.Add(BoltfileErrors.OutOfRange(number.At, key, number.Value, min, max));
                return null;
            case var other:
                return WrongValue<int>(key, other.Value, "an integer", $"{key} = {Math.Max(min, 1)}");
        }
    }

    /// <summary>An integer or a number with a fraction.</summary>
    public double? Number(string key) => Entry(key, "number") switch
    {
        null => null,
        { Value: TomlNode.Integer number } => number.Value,
        { Value: TomlNode.Real number } => number.Value,
        var other => WrongValue<double>(key, other.Value, "a number", $"{key} = 1"),
    };

    /// <summary>A string list; null when it is not written. Numbers in it are taken as they would be written.</summary>
    public ImmutableArray<string>? Texts(string key)
    {
        if (Entry(key, "list of strings") is not { } entry)
        {
            return null;
        }
        return [.. Items(entry, $"{key} = [{QuotedWords(entry.Value)}]").Select(i => i.Value)];
    }

    /// <summary>A table of strings; numbers and booleans are taken as they would be written.</summary>
    public ImmutableSortedDictionary<string, string> Map(string key)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        Findings.Schema?.Add(Path, key, "table of strings");
        if (Table(key, $"`{key}` of {What}") is { } table)
        {
            foreach (var entry in table.Node.Entries)
            {
                if (table.Scalar(entry) is { } text)
                {
                    map[entry.Name] = text;
                }
            }
        }
        return map.ToImmutable();
    }

    /// <summary>A string in a written form of its own: a size, a port, a time.</summary>
    public T? Parsed<T>(string key, TextReader<T> reader)
        where T : struct
    {
        if (Entry(key, "string") is not { } entry)
        {
            return null;
        }
        return Scalar(entry) is { } text && Read(key, text, entry.Value.At, reader, out var value) ? value : null;
    }

    /// <summary>A list of strings in a written form of its own, each with its place.</summary>
    public ImmutableArray<Placed<T>> ParsedEach<T>(string key, TextReader<T> reader)
    {
        if (Entry(key, "list of strings") is not { } entry)
        {
            return [];
        }
        var values = ImmutableArray.CreateBuilder<Placed<T>>();
        foreach (var (text, at) in Items(entry, $"{key} = [{QuotedWords(entry.Value)}]"))
        {
            if (Read(key, text, at, reader, out var value))
            {
                values.Add(new Placed<T>(value, at));
            }
        }
        return values.ToImmutable();
    }

    public TomlTable? Table(string key, string what) => Entry(key, "table") switch
    {
        null => null,
        { Value: TomlNode.Group inner } => new TomlTable(inner, Join(key), what, Findings),
        var other => Wrong<TomlTable>(key, other.Value, "a table", $"[{Join(key)}]"),
    };

    /// <summary>All tables in a table of tables, by name.</summary>
    public IEnumerable<TomlSection> Tables(string key, Func<string, string> what)
    {
        Findings.Schema?.Add(Path, key, "tables by name");
        if (Table(key, $"`{key}`") is not { } tables)
        {
            yield break;
        }
        foreach (var entry in tables.Node.Entries)
        {
            if (tables.Table(entry.Name, what(entry.Name)) is { } table)
            {
                yield return new TomlSection(entry, table);
            }
        }
    }

    /// <summary>The tables of an array of tables, <c>[[key]]</c>.</summary>
    public IEnumerable<TomlTable> Rows(string key, string what)
    {
        if (Entry(key, "list of tables") is not { } entry)
        {
            return [];
        }
        if (entry.Value is not TomlNode.List list)
        {
            return Wrong<TomlTable[]>(key, entry.Value, "a list of tables", $"[[{Join(key)}]]") ?? [];
        }
        foreach (var wrong in list.Items.Where(i => i is not TomlNode.Group))
        {
            Findings.Add(BoltfileErrors.WrongType(wrong.At, key, wrong.Kind, "a table", $"[[{Join(key)}]]"));
        }
        return list.Items.OfType<TomlNode.Group>().Select((g, i) => new TomlTable(g, $"{Join(key)}[{i}]", what, Findings));
    }

    /// <summary>Reports every key that was never asked for. Call it after all keys were.</summary>
    public void RefuseOthers()
    {
        foreach (var entry in group.Entries.Where(e => !known.Contains(e.Name)))
        {
            Findings.Add(BoltfileErrors.UnknownKey(entry.KeyAt, entry.Name, What, Spelling.Nearest(entry.Name, known)));
        }
    }

    /// <summary>Path of a key of this table.</summary>
    public string Join(string key) => Path.Length == 0 ? key : $"{Path}.{key}";
}
