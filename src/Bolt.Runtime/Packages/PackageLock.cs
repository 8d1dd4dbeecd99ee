using System.Collections.Immutable;

namespace Bolt.Packages;

/// <summary>A resolved closure: with it, the same bits can be had again from any mirror, cache or stick that still has them.</summary>
/// <param name="Version">The value that <c>{version}</c> stands for; empty when the request has none.</param>
/// <param name="Architecture">Debian's name of it: amd64, arm64.</param>
/// <param name="Suites">The signed indexes that the packages were found in.</param>
/// <param name="Packages">By name, in ordinal order.</param>
internal sealed record PackageLock(
    string Version,
    string Architecture,
    ImmutableArray<LockedSuite> Suites,
    ImmutableArray<LockedPackage> Packages);

/// <summary>A suite as it was when it was resolved from.</summary>
/// <param name="Id">"debian/bookworm": origin and suite, no mirror.</param>
/// <param name="Date">The Release file's Date.</param>
/// <param name="ReleaseSha256">SHA-256 of InRelease, hex.</param>
/// <param name="Indexes">SHA-256 of each Packages file, in ordinal order.</param>
/// <param name="Fingerprint">Of the primary key whose signature was good.</param>
internal sealed record LockedSuite(
    string Id,
    DateTimeOffset Date,
    string ReleaseSha256,
    ImmutableArray<string> Indexes,
    string Fingerprint);

/// <summary>One .deb.</summary>
/// <param name="Sha256">Of the .deb, hex.</param>
/// <param name="Size">Of the .deb in bytes.</param>
/// <param name="Suite">A <see cref="LockedSuite.Id"/>.</param>
/// <param name="Path">Below the archive's root: pool/main/…</param>
/// <param name="Reason">"wanted", or the name of the first package that depends on it.</param>
internal sealed record LockedPackage(
    string Name,
    string Version,
    string Architecture,
    string Sha256,
    long Size,
    string Suite,
    string Path,
    string Reason);
