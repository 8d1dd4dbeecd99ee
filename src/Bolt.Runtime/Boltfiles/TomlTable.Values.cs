using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

internal sealed partial class TomlTable
{
    private IEnumerable<Placed<string>> Items(TomlEntry entry, string example)
    {
        if (entry.Value is not TomlNode.List list)
        {
            Findings.Add(BoltfileErrors.WrongType(entry.Value.At, entry.Name, entry.Value.Kind, "a list of strings", example));
            return [];
        }
        return list.Items.Select(i => Scalar(new TomlEntry(entry.Name, entry.KeyAt, i)) is { } text ? new Placed<string>(text, i.At) : null)
            .OfType<Placed<string>>().ToArray();
    }

    private string? Scalar(TomlEntry entry) => entry.Value switch
    {
        TomlNode.Text text => Findings.Expand(text.Value, text.At),
        TomlNode.Integer number => number.Value.ToString(CultureInfo.InvariantCulture),
        TomlNode.Real number => number.Value.ToString(CultureInfo.InvariantCulture),
        TomlNode.Flag flag => flag.Value ? "true" : "false",
        var other => Wrong<string>(entry.Name, other, "a string", "\"…\""),
    };

    private bool Read<T>(string key, string text, SourceSpan at, TextReader<T> reader, out T value)
    {
        if (reader(text, out value) is not { } problem)
        {
            return true;
        }
        Findings.Add(BoltfileErrors.BadValue(at, key, text, problem));
        return false;
    }

    private T? Wrong<T>(string key, TomlNode node, string wanted, string example)
        where T : class
    {
        Findings.Add(BoltfileErrors.WrongType(node.At, key, node.Kind, wanted, example));
        return null;
    }

    private T? WrongValue<T>(string key, TomlNode node, string wanted, string example)
        where T : struct
    {
        Findings.Add(BoltfileErrors.WrongType(node.At, key, node.Kind, wanted, example));
        return null;
    }

    private static string QuotedWords(TomlNode node) => node is TomlNode.Text { Value.Length: > 0 } text
        ? string.Join(", ", text.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => $"\"{w}\""))
        : "\"…\"";

    /// <summary>A string that must be one of these words.</summary>
    public string? Choice(string key, params string[] words)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }
        if (words.Contains(text))
        {
            return text;
        }
        Findings.Add(BoltfileErrors.NotAChoice(ValueAt(key), key, text, words));
        return null;
    }

    /// <summary>A string that must be written.</summary>
    public string? Required(string key)
    {
        if (!Has(key))
        {
            Findings.Add(BoltfileErrors.MissingKey(At, key, What));
        }
        return Text(key);
    }

    /// <summary>Keys whose content is not looked at.</summary>
    public void Free(params string[] keys)
    {
        known.UnionWith(keys);
        foreach (var key in keys) Findings.Schema?.Add(Path, key, "any");
    }

    /// <summary>Warns for each of these keys that is written and asks for something.</summary>
    public void WarnLater(params string[] keys)
    {
        known.UnionWith(keys);
        foreach (var key in keys) Findings.Schema?.Later(Path, key);
        foreach (var entry in group.Entries.Where(e => keys.Contains(e.Name)))
        {
            if (entry.Value is not (TomlNode.Flag { Value: false } or TomlNode.List { Items: [] } or TomlNode.Group { Entries: [] }))
            {
                Findings.Add(BoltfileErrors.NotActedOn(entry.KeyAt, entry.Name, What));
            }
        }
    }
}
