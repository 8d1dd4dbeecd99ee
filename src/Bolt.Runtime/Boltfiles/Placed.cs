using Bolt.Diagnostics;

namespace Bolt.Boltfiles;

// Classes, not tuples: lists of a library's own value types are compiled anew in every process that reads a Boltfile (measured:
// 60 ms of a build's check), lists of classes come compiled with the framework.

/// <summary>A value and where it stands.</summary>
internal sealed record Placed<T>(T Value, SourceSpan At);

/// <summary>A table in a table of tables.</summary>
internal sealed record TomlSection(TomlEntry Entry, TomlTable Table);
