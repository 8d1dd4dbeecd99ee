using System.Collections.Immutable;

namespace Bolt.Surge;

/// <summary>What was found of a stack on disk and in the kernel: one snapshot, after which no one asks again.</summary>
/// <param name="Network">Null when no network runs.</param>
/// <param name="Services">All that left a record, running or not, and all wanted ones that did not.</param>
/// <param name="Volumes">Names of the stack's volumes.</param>
internal sealed record Observed(ObservedNetwork? Network, ImmutableArray<ObservedService> Services, ImmutableHashSet<string> Volumes)
{
    public IEnumerable<ObservedService> Running => Services.Where(s => s.Running);

    public ObservedService? this[string name] => Services.FirstOrDefault(s => s.Name == name);
}

/// <summary>A network that runs, and what it was made from.</summary>
internal sealed record ObservedNetwork(string Subnet, string Hash);

/// <summary>A service as found.</summary>
/// <param name="Hash">Of the settings it was started with; null when it never was.</param>
/// <param name="RecordedMark">Of the source it was started from.</param>
/// <param name="SourceMark">Of the source as it is now.</param>
/// <param name="Running">Its capsule lives.</param>
/// <param name="Supervised">This process watches it already.</param>
/// <param name="StoppedByUser">It does not run because someone asked so.</param>
internal sealed record ObservedService(
    string Name, string? Hash, string? RecordedMark, string SourceMark, bool Running, bool Supervised, bool StoppedByUser);
