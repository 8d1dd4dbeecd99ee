using System.Collections.Immutable;

namespace Bolt.Packages;

/// <summary>Which packages are wanted, and how the resolver chooses where the archive leaves a choice.</summary>
internal sealed record PackageRequest
{
    /// <summary>Who asks; sentences name it.</summary>
    public required string For { get; init; }
    /// <summary>Each an alternative list as in Depends, "nginx-light | nginx". A name may hold <c>{version}</c>.</summary>
    public required ImmutableArray<string> Wanted { get; init; }
    /// <summary>The package whose upstream version a tag selects; null: the version in a <c>{version}</c> name does.</summary>
    public string? VersionOf { get; init; }
    /// <summary>"15" or "1.22"; null: the newest.</summary>
    public string? Tag { get; init; }
    /// <summary>Dependencies that are taken as met.</summary>
    public ImmutableArray<string> Drops { get; init; } = [];
    /// <summary>Taken first where alternatives or providers leave a choice.</summary>
    public ImmutableArray<string> Prefers { get; init; } = [];
    /// <summary>What is there already: it meets dependencies, and comes again only where a newer version is needed or it is wanted itself.</summary>
    public ImmutableArray<LockedPackage> Present { get; init; } = [];
    /// <summary>Debian's name of the architecture.</summary>
    public required string Architecture { get; init; }
    /// <summary>Nothing may be fetched.</summary>
    public bool Offline { get; init; }
}
