using Bolt.Diagnostics;
using Tomlyn.Syntax;
using SourceSpan = Bolt.Diagnostics.SourceSpan;

namespace Bolt.Boltfiles;

/// <summary>Folds headers, dotted keys and inline tables of a syntax tree into nested tables.</summary>
internal sealed class TomlBuilder(SourceText source)
{
    private sealed class Slots(SourceSpan at)
    {
        public SourceSpan At { get; } = at;
        private readonly Dictionary<string, Slot> byName = new(StringComparer.Ordinal);
        public List<Slot> Order { get; } = [];
        public Slot? Find(string name) => byName.GetValueOrDefault(name);

        public void Add(Slot slot)
        {
            byName.Add(slot.Name, slot);
            Order.Add(slot);
        }
    }

    /// <summary>Tables are walked by recursion: a key with more dots than this is cut short (the reader then refuses it).</summary>
    private const int MaxParts = 64;

    /// <summary>Exactly one of the three is set: a value, a table, or an array of tables.</summary>
    private sealed record Slot(string Name, SourceSpan KeyAt, TomlNode? Leaf = null, Slots? Table = null, List<Slots>? Rows = null);

    public TomlNode.Group Build(DocumentSyntax document)
    {
        var root = new Slots(source.Start);
        foreach (var pair in document.KeyValues)
        {
            AddPair(root, pair);
        }
        foreach (var table in document.Tables)
        {
            if (table.Name is { } name)
            {
                var target = Open(root, name, source.Span(name.Span), table is TableArraySyntax);
                foreach (var pair in table.Items)
                {
                    AddPair(target, pair);
                }
            }
        }
        return Freeze(root);
    }

    private Slots Open(Slots root, KeySyntax name, SourceSpan at, bool row)
    {
        var parts = Parts(name);
        var here = root;
        for (var i = 0; i < parts.Count; i++)
        {
            here = row && i == parts.Count - 1 ? AddRow(here, parts[i], at) : Enter(here, parts[i], at);
        }
        return here;
    }

    private static Slots AddRow(Slots here, Placed<string> part, SourceSpan at)
    {
        var slot = here.Find(part.Value);
        if (slot is null)
        {
            slot = new Slot(part.Value, part.At, Rows: []);
            here.Add(slot);
        }
        var row = new Slots(at);
        slot.Rows?.Add(row);
        return row;
    }

    private static Slots Enter(Slots here, Placed<string> part, SourceSpan at)
    {
        var slot = here.Find(part.Value);
        if (slot is null)
        {
            slot = new Slot(part.Value, part.At, Table: new Slots(at));
            here.Add(slot);
        }
        // A key that already has a value: the validating pass has said so; what follows is read for its own errors only.
        return slot.Table ?? (slot.Rows is { Count: > 0 } rows ? rows[^1] : new Slots(at));
    }

    private void AddPair(Slots target, KeyValueSyntax pair)
    {
        if (pair.Key is not { } key || pair.Value is not { } value)
        {
            return;
        }
        var parts = Parts(key);
        for (var i = 0; i < parts.Count - 1; i++)
        {
            target = Enter(target, parts[i], source.Span(key.Span));
        }
        if (parts.Count > 0 && target.Find(parts[^1].Value) is null)
        {
            target.Add(value is InlineTableSyntax inline
                ? new Slot(parts[^1].Value, parts[^1].At, Table: Inline(inline))
                : new Slot(parts[^1].Value, parts[^1].At, Leaf: Value(value)));
        }
    }

    private Slots Inline(InlineTableSyntax inline)
    {
        var table = new Slots(source.Span(inline.Span));
        foreach (var item in inline.Items)
        {
            if (item.KeyValue is { } pair)
            {
                AddPair(table, pair);
            }
        }
        return table;
    }

    private List<Placed<string>> Parts(KeySyntax key)
    {
        var parts = new List<Placed<string>>();
        if (key.Key is { } first)
        {
            parts.Add(new Placed<string>(Name(first), source.Span(first.Span)));
        }
        foreach (var dotted in key.DotKeys)
        {
            if (dotted.Key is { } part && parts.Count < MaxParts)
            {
                parts.Add(new Placed<string>(Name(part), source.Span(part.Span)));
            }
        }
        return parts;
    }

    private static string Name(BareKeyOrStringValueSyntax key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax quoted => quoted.Value ?? "",
        _ => "",
    };

    private TomlNode Value(ValueSyntax value)
    {
        var at = source.Span(value.Span);
        return value switch
        {
            StringValueSyntax text => new TomlNode.Text(text.Value ?? "", at),
            IntegerValueSyntax integer => new TomlNode.Integer(integer.Value, at),
            FloatValueSyntax real => new TomlNode.Real(real.Value, at),
            BooleanValueSyntax flag => new TomlNode.Flag(flag.Value, at),
            InlineTableSyntax inline => Freeze(Inline(inline)),
            ArraySyntax array => new TomlNode.List(
                [.. array.Items.Where(i => i.Value is not null).Select(i => Value(i.Value!))], at),
            DateTimeValueSyntax moment => new TomlNode.Moment(
                moment.Token?.Text ?? "", at),
            _ => new TomlNode.Text("", at),
        };
    }

    private static TomlNode.Group Freeze(Slots table) => new([.. table.Order.Select(Freeze)], table.At);

    private static TomlEntry Freeze(Slot slot) => new(slot.Name, slot.KeyAt, slot switch
    {
        { Table: { } table } => Freeze(table),
        { Rows: { } rows } => new TomlNode.List([.. rows.Select(TomlNode (r) => Freeze(r))], slot.KeyAt),
        _ => slot.Leaf!,
    });
}
