using System.Collections.Immutable;

namespace Bolt.Builds;

/// <summary>What became of one entry of bolt.lock.</summary>
/// <param name="Entry">Its name: "postgres:15/amd64", "docker.io/library/nginx:1.27", "https://example.org/x.tar".</param>
/// <param name="Kind">"added", "changed" or "removed".</param>
/// <param name="Text">From what to what.</param>
public sealed record LockChange(string Entry, string Kind, string Text);

/// <summary>What is different between two locks. Pure.</summary>
internal static class LockChanges
{
    public static ImmutableArray<LockChange> Between(BoltLock before, BoltLock after) =>
    [
        .. before.Entries.Union(after.Entries).Order(StringComparer.Ordinal).Select(e => (Entry: e, Before: Text(before, e), After: Text(after, e)))
            .Where(e => e.Before != e.After || !Same(before, after, e.Entry))
            .Select(e => e switch
            {
                { Before: null } => new LockChange(e.Entry, "added", e.After!),
                { After: null } => new LockChange(e.Entry, "removed", e.Before),
                _ => new LockChange(e.Entry, "changed", before.Pins.TryGetValue(e.Entry, out var old) ? Packages(old, after.Pins[e.Entry]) : $"{e.Before} -> {e.After}"),
            }),
    ];

    private static bool Same(BoltLock before, BoltLock after, string entry) =>
        !before.Pins.TryGetValue(entry, out var one) || !after.Pins.TryGetValue(entry, out var other)
        || BoltLock.Empty.With(entry, one).ToString() == BoltLock.Empty.With(entry, other).ToString();

    private static string? Text(BoltLock @lock, string entry) =>
        @lock.Pins.TryGetValue(entry, out var pin) ? $"{(pin.Packages.Version.Length == 0 ? "" : pin.Packages.Version + ", ")}{pin.Packages.Packages.Length} packages"
        : @lock.Images.TryGetValue(entry, out var image) ? image.ToString()
        : @lock.Sources.TryGetValue(entry, out var source) ? source.ToString() : null;

    private static string Packages(RecipePin before, RecipePin after)
    {
        var (old, now) = (before.Packages.Packages.ToDictionary(p => p.Name), after.Packages.Packages.ToDictionary(p => p.Name));
        string[] said =
        [
            .. now.Values.Where(p => !old.ContainsKey(p.Name)).Select(p => $"+ {p.Name} {p.Version}"),
            .. old.Values.Where(p => !now.ContainsKey(p.Name)).Select(p => $"- {p.Name} {p.Version}"),
            .. now.Values.Where(p => old.TryGetValue(p.Name, out var was) && was.Sha256 != p.Sha256).Select(p => $"{p.Name} {old[p.Name].Version} -> {p.Version}"),
            .. before.Recipe == after.Recipe ? Array.Empty<string>() : ["another recipe text"],
        ];
        return said.Length > 0 ? string.Join("; ", said) : "the same packages, from newer package lists";
    }
}
