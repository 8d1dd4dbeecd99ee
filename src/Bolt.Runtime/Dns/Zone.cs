using System.Collections.Immutable;
using System.Net;

namespace Bolt.Dns;

/// <summary>The names of one stack. A name is also answered with the domain behind it: db, db.shop.</summary>
/// <param name="Domain">The project's name.</param>
/// <param name="Entries">Names without the domain, with their addresses.</param>
internal sealed record Zone(string Domain, ImmutableArray<ZoneEntry> Entries);

/// <summary>One name and its IPv4 address.</summary>
internal sealed record ZoneEntry(string Name, IPAddress Address);
