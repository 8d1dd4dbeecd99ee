using System.Collections.Immutable;

namespace Bolt.Builds;

/// <summary>One thing that a build took from elsewhere.</summary>
/// <param name="Uri">What it is: a package-url, an address.</param>
/// <param name="Algorithm">"sha256", "gitCommit".</param>
internal sealed record BuildInput(string Uri, string Algorithm, string Value);

/// <summary>What a build was asked for, and what it took.</summary>
/// <param name="Kind">"dockerfile", "dotnet" or "recipe".</param>
/// <param name="Options">As they were given.</param>
/// <param name="Inputs">In the order of their names.</param>
internal sealed record BuildFacts(string Kind, ImageBuildOptions Options, DateTimeOffset Started, DateTimeOffset Finished, ImmutableArray<BuildInput> Inputs)
{
    /// <summary>Assets files that a project's restore left, for programs that do not say themselves what they are made of.</summary>
    public ImmutableArray<string> Assets { get; init; } = [];
}
