using System.Collections.Immutable;
using System.Text.Json;

namespace Bolt.Evidence;

/// <summary>NuGet packages of a .NET program: X.deps.json beside it, or the assets file that its restore left.</summary>
internal static class NugetPackages
{
    private const string RuntimePack = "runtimepack.";

    /// <summary>{"targets":{T:{"Name/1.0":{"dependencies":{"Other":"2.0"}}}},"libraries":{"Name/1.0":{"type":"package"}}}: both files have it. A damaged one has none.</summary>
    public static ImmutableArray<InstalledPackage> Of(string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var libraries = document.RootElement.GetProperty("libraries").EnumerateObject()
                .Where(l => l.Value.GetProperty("type").GetString() is "package" or "runtimepack" && l.Name.Contains('/', StringComparison.Ordinal)).Select(l => l.Name).ToHashSet(StringComparer.Ordinal);
            var needs = document.RootElement.GetProperty("targets").EnumerateObject().SelectMany(t => t.Value.EnumerateObject())
                .Where(l => l.Value.TryGetProperty("dependencies", out _)).GroupBy(l => l.Name, StringComparer.Ordinal)
                .ToDictionary(l => l.Key, l => l.SelectMany(d => d.Value.GetProperty("dependencies").EnumerateObject()).Select(d => (d.Name, Version: d.Value.GetString())).Distinct().ToArray());
            var byName = libraries.ToLookup(l => l.Split('/')[0], StringComparer.OrdinalIgnoreCase);
            return [.. libraries.Order(StringComparer.Ordinal).Select(l => new InstalledPackage(NameOf(l), VersionOf(l), Purl(l), null, "/" + path)
            {
                Needs = [.. needs.GetValueOrDefault(l, [])
                    .Select(n => libraries.Contains($"{n.Name}/{n.Version}") ? $"{n.Name}/{n.Version}" : byName[n.Name].FirstOrDefault()).OfType<string>().Select(Purl).Distinct()],
            })];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }

    private static string NameOf(string library) => library.Split('/')[0] is var name && name.StartsWith(RuntimePack, StringComparison.Ordinal) ? name[RuntimePack.Length..] : name;

    private static string VersionOf(string library) => library.Split('/')[1];

    private static string Purl(string library) => $"pkg:nuget/{InstalledPackage.Part(NameOf(library))}@{InstalledPackage.Part(VersionOf(library))}";
}
