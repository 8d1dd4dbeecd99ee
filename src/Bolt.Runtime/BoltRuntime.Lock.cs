using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Images;

namespace Bolt;

/// <summary>What `lock` did.</summary>
/// <param name="Path">The file.</param>
/// <param name="Entries">How many it has now.</param>
/// <param name="Changes">In the order of their names; empty: the file is as it was.</param>
public sealed record LockReport(string Path, int Entries, ImmutableArray<LockChange> Changes);

/// <summary>What `vendor` keeps.</summary>
/// <param name="Folder">Where.</param>
/// <param name="Entries">Of bolt.lock.</param>
/// <param name="Files">How many files they are.</param>
/// <param name="Bytes">All of them together.</param>
public sealed record VendorReport(string Folder, int Entries, int Files, long Bytes);

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Writes to bolt.lock what services are made of: recipes' packages, images, what Dockerfiles and .NET projects stand on, what
    /// ADD fetches. Nothing is built or started. What is pinned stays as it is, unless it is named in <paramref name="update"/> or
    /// was made for another text of its recipe; with all services, entries that nothing asks for are taken away.
    /// </summary>
    /// <param name="boltfile">Whose services; bolt.lock lies beside it.</param>
    /// <param name="services">Which; empty means all.</param>
    /// <param name="update">Services and entries that are resolved anew: "db", "postgres:15", "nginx:1.27", an address.</param>
    /// <param name="progress">Hears what is going on; null: no one does.</param>
    /// <param name="cancellation">Gives up; the file stays as it was.</param>
    /// <exception cref="BoltException">BOLT2xxx: something could not be had; BOLT2234: there is nothing of that name.</exception>
    public async Task<LockReport> LockAsync(
        Boltfile boltfile, ImmutableArray<string> services, ImmutableArray<string> update, IProgress<string>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(boltfile);
        var folder = Path.GetDirectoryName(Path.GetFullPath(boltfile.Path))!;
        var pins = LockSession.Of(Path.Combine(folder, LockSession.FileName));
        var before = pins.Current;
        CheckNames(boltfile, services, update, pins);
        var named = pins.Anew(entry => update.Any(u => Names(u, entry, folder)));
        var report = progress is null ? null : new TextReport(progress);
        await Task.WhenAll(boltfile.Services.Where(s => services.IsEmpty || services.Contains(s.Name)).Select(s => Rooms.Images.LockAsync(
            s.Source, folder, update.Contains(s.Name) ? pins.Anew(_ => true) : named, report, cancellation))).ConfigureAwait(false);
        if (services.IsEmpty)
        {
            // What another machine of this project has resolved for its own architecture is not this one's to judge.
            foreach (var entry in before.Entries.Except(pins.Used).Where(e => !before.Pins.TryGetValue(e, out var pin) || pin.Packages.Architecture == RecipeBuild.Architecture))
            {
                pins.Remove(entry);
            }
        }
        var changes = LockChanges.Between(before, pins.Current);
        if (!changes.IsEmpty) await KeepAsync(pins).ConfigureAwait(false);
        return new LockReport(pins.Path, pins.Current.Entries.Count(), changes);
    }

    /// <summary>
    /// Keeps all that bolt.lock pins in a folder, after <see cref="LockAsync"/> has added what was missing: with that folder beside
    /// bolt.lock as `bolt.vendor`, an empty store needs no mirror, registry or address.
    /// </summary>
    /// <param name="boltfile">Whose services; bolt.lock lies beside it.</param>
    /// <param name="folder">Where to; null: `bolt.vendor` beside bolt.lock. What else lies in its blobs is taken away.</param>
    /// <param name="progress">Hears what is going on; null: no one does.</param>
    /// <param name="cancellation">Gives up; what is there by then is whole.</param>
    public async Task<VendorReport> VendorAsync(Boltfile boltfile, string? folder, IProgress<string>? progress, CancellationToken cancellation)
    {
        var locked = await LockAsync(boltfile, [], [], progress, cancellation).ConfigureAwait(false);
        var pins = LockSession.Of(locked.Path, locked: true);
        var target = Path.GetFullPath(folder ?? Path.Combine(Path.GetDirectoryName(locked.Path)!, VendorFolder.Name));
        var gather = new VendorGather(Rooms.Tools, pins, progress is null ? null : new TextReport(progress));
        foreach (var entry in pins.Current.Entries)
        {
            await gather.TakeAsync(entry, cancellation).ConfigureAwait(false);
        }
        var bytes = await new VendorFolder(target).WriteAsync(gather.Files, gather.Images, Rooms.Paths, cancellation).ConfigureAwait(false);
        return new VendorReport(target, pins.Current.Entries.Count(), gather.Files.Count, bytes);
    }

    private static void CheckNames(Boltfile boltfile, ImmutableArray<string> services, ImmutableArray<string> update, LockSession pins)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(boltfile.Path))!;
        foreach (var name in services.Where(n => boltfile.Services.All(s => s.Name != n)))
            throw new BoltException(Surge.SurgeErrors.NoSuchService(name, boltfile.Services.Select(s => s.Name)));
        foreach (var name in update.Where(n => boltfile.Services.All(s => s.Name != n) && !pins.Current.Entries.Any(e => Names(n, e, folder))))
            throw new BoltException(LockErrors.NoEntry(pins.Path, name, boltfile.Services.Select(s => s.Name).Concat(pins.Current.Entries)));
    }

    // As the lock writes it, or as the Boltfile does; an image's name without a tag means all of them.
    private static bool Names(string name, string entry, string folder) => name == entry
        || (RecipeReference.Parse(name, folder) is { } recipe && RecipeBuild.KeyOf(recipe) == entry)
        || (ImageReference.Parse(name).Value is { } image && ImageReference.Parse(entry).Value is { } pinned && image.Registry == pinned.Registry && image.Repository == pinned.Repository
            && (image.Tag == pinned.Tag || !name[(name.LastIndexOf('/') + 1)..].Contains(':', StringComparison.Ordinal)));
}
