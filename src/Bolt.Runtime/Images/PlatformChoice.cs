using System.Runtime.Intrinsics.X86;

namespace Bolt.Images;

/// <summary>Which manifest of an index this machine runs: the platform's own, of several variants the highest that it has.</summary>
internal static class PlatformChoice
{
    // The x86-64 psABI's levels; v2 and v3 images are built with instructions that an older processor lacks.
    private static readonly int Level = !Sse42.IsSupported || !Popcnt.IsSupported ? 1
        : !Avx2.IsSupported || !Bmi2.IsSupported || !Fma.IsSupported || !Lzcnt.IsSupported ? 2
        : !Avx512F.IsSupported || !Avx512BW.IsSupported || !Avx512CD.IsSupported || !Avx512DQ.IsSupported ? 3
        : 4;

    /// <summary>Null when none fits.</summary>
    public static Descriptor? Choose(IReadOnlyList<Descriptor> manifests) => Choose(manifests, OciPlatform.Architecture, Level);

    /// <param name="level">Of an amd64 machine: 1 to 4.</param>
    internal static Descriptor? Choose(IReadOnlyList<Descriptor> manifests, string architecture, int level)
    {
        if (manifests is [{ Platform: null } only])
        {
            return only;
        }
        return manifests
            .Where(m => m.Platform is { Os: "linux" } p && p.Architecture == architecture && Rank(p, level) is >= 0)
            // A stable sort: of equals the first, as the spec has it.
            .OrderByDescending(m => Rank(m.Platform!, level))
            .FirstOrDefault();
    }

    /// <summary>"linux/arm/v7".</summary>
    public static string Text(Descriptor manifest) => manifest.Platform is not { } p ? "?"
        : $"{p.Os ?? "?"}/{p.Architecture ?? "?"}{(p.Variant is null ? "" : "/" + p.Variant)}";

    private static int Rank(PlatformDocument platform, int level) => platform switch
    {
        { Variant: null or "" } => 1,
        { Architecture: "amd64", Variant: ['v', var digit] } when digit is >= '1' and <= '9' => digit - '0' <= level ? digit - '0' : -1,
        { Architecture: "arm64", Variant: "v8" } => 2,
        _ => -1,
    };
}
