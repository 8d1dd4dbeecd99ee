using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

/// <summary>A TOML value and where it stands.</summary>
internal abstract record TomlNode(SourceSpan At)
{
    /// <summary>"a string", "a table"…, as a sentence says it.</summary>
    public abstract string Kind { get; }

    public sealed record Text(string Value, SourceSpan At) : TomlNode(At)
    {
        public override string Kind => "a string";
    }

    public sealed record Integer(long Value, SourceSpan At) : TomlNode(At)
    {
        public override string Kind => "an integer";
    }

    public sealed record Real(double Value, SourceSpan At) : TomlNode(At)
    {
        public override string Kind => "a number";
    }

    public sealed record Flag(bool Value, SourceSpan At) : TomlNode(At)
    {
        public override string Kind => "a boolean";
    }

    public sealed record Moment(string Value, SourceSpan At) : TomlNode(At)
    {
        public override string Kind => "a date or time";
    }

    public sealed record List(ImmutableArray<TomlNode> Items, SourceSpan At) : TomlNode(At)
    {
        public override string Kind => "a list";
    }

    public sealed record Group(ImmutableArray<TomlEntry> Entries, SourceSpan At) : TomlNode(At)
    {
        public override string Kind => "a table";
    }
}

/// <summary>A key with its value. <paramref name="KeyAt"/> is the key where it is first written.</summary>
internal sealed record TomlEntry(string Name, SourceSpan KeyAt, TomlNode Value);
