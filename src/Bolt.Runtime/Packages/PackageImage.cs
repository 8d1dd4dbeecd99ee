using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt.Packages;

/// <summary>A root file system from Debian packages: what is wanted becomes a lock, a lock becomes one layer.</summary>
internal sealed class PackageImage : IDisposable
{
    private readonly StoragePaths paths;
    private readonly ArchiveSources sources;
    private readonly Downloads downloads;
    private readonly Archive archive;
    // Weak: the lists have 40 MB, and the process that brings a stack up goes on to supervise it.
    private readonly WeakReference<Task<OpenSuite[]>> opened = new(Task.FromCanceled<OpenSuite[]>(new CancellationToken(true)));
    private (string Architecture, bool Offline) openedFor;

    public PackageImage(StoragePaths paths, ArchiveSources sources, TimeProvider? time = null)
    {
        (this.paths, this.sources) = (paths, sources);
        downloads = new Downloads(Path.Combine(paths.Cache, "packages/sha256"));
        archive = new Archive(paths, downloads, time ?? TimeProvider.System);
    }

    /// <summary>Never the host's liblzma: the layer must come out the same without it.</summary>
    public bool ManagedDecoders { get; init; }

    /// <summary>Verifies the indexes of all sources and resolves the closure in them.</summary>
    public async Task<PackageLock> ResolveAsync(PackageRequest request, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new BuildProgress($"{request.For}: reading the package lists", 0, sources.Sources.Length));
        var suites = await OpenAsync(request, cancellationToken).ConfigureAwait(false);
        if (suites.All(s => s.Indexes.Count == 0))
        {
            throw new BoltException(PackageErrors.NoSources(request.Architecture));
        }
        var packages = new PackageSet(suites, request.Architecture);
        var version = VersionChoice.Of(request, packages);
        var resolved = new Resolver(request, packages, version).Resolve();
        var used = resolved.Select(p => p.Suite).ToHashSet();
        return new PackageLock(version.Version, request.Architecture,
            [.. suites.Select(s => s.Locked).Where(l => used.Contains(l.Id)).DistinctBy(l => l.Id).OrderBy(l => l.Id, StringComparer.Ordinal)],
            resolved);
    }

    private Task<OpenSuite[]> OpenAsync(PackageRequest request, CancellationToken cancellationToken)
    {
        lock (archive)
        {
            // Recipes of one stack are resolved side by side: the lists are verified once for all of them.
            if (opened.TryGetTarget(out var shared) && shared is { IsFaulted: false, IsCanceled: false }
                && openedFor == (request.Architecture, request.Offline))
            {
                return shared;
            }
            shared = Open();
            opened.SetTarget(shared);
            openedFor = (request.Architecture, request.Offline);
            return shared;
        }

        async Task<OpenSuite[]> Open() => [.. (await Task.WhenAll(sources.Sources.Select(s =>
            Task.Run(() => archive.OpenAsync(s, request.Architecture, request.Offline, cancellationToken), cancellationToken))).ConfigureAwait(false))
            .OfType<OpenSuite>()];
    }

    /// <summary>Fetches what is missing and writes the layer, the same bytes each time; its digest is the diffId.</summary>
    public async Task<Digest> BuildLayerAsync(
        string who, PackageLock @lock, LayerExtras extras, ContentStore content, bool offline,
        IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var files = await FetchAsync(who, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
        return await WriteLayerAsync(who, @lock, files, extras, _ => extras, content, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The same with dpkg's database, in which these packages are unpacked and not configured yet.
    /// </summary>
    /// <param name="present">Packages below the layer, for the database.</param>
    /// <param name="extras">What the layer has besides, and leaves out.</param>
    /// <returns>The layer, and the newest time of a file in it, in seconds since 1970.</returns>
    public async Task<(Digest Layer, long Newest)> BuildUnconfiguredAsync(
        string who, PackageLock @lock, ImmutableArray<LockedPackage> present, LayerExtras extras, ContentStore content, bool offline,
        IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var files = await FetchAsync(who, @lock, offline, progress, cancellationToken).ConfigureAwait(false);
        var newest = 0L;
        var layer = await WriteLayerAsync(who, @lock, files, extras, Extras, content, progress, cancellationToken).ConfigureAwait(false);
        return (layer, newest);

        LayerExtras Extras(DebContents[] unpacked)
        {
            newest = unpacked.SelectMany(u => u.Nodes).Select(n => n.ModifiedAt).DefaultIfEmpty().Max();
            var database = new DpkgDatabase(@lock.Architecture);
            foreach (var package in present.Where(p => @lock.Packages.All(l => l.Name != p.Name)))
            {
                database.AddPresent(package);
            }
            for (var i = 0; i < files.Length; i++)
            {
                database.AddUnpacked(@lock.Packages[i], DebFile.ReadControl(@lock.Packages[i].Name, files[i], ManagedDecoders), unpacked[i].Nodes);
            }
            return extras with { Entries = [.. extras.Entries, .. database.Entries()] };
        }
    }

    private async Task<Digest> WriteLayerAsync(
        string who, PackageLock @lock, string[] files, LayerExtras pruning, Func<DebContents[], LayerExtras> extras, ContentStore content,
        IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new BuildProgress($"{who}: unpacking {@lock.Packages.Length} packages", 0, @lock.Packages.Length));
        using var spool = new Spool(Path.Combine(paths.Cache, "packages"));
        var unpacked = new DebContents[files.Length];
        var done = 0;
        // Largest first: the last worker must not be left with the one that takes a second.
        var order = Enumerable.Range(0, files.Length).OrderByDescending(i => @lock.Packages[i].Size);
        await Parallel.ForEachAsync(order, cancellationToken, (i, stop) =>
        {
            unpacked[i] = DebFile.Unpack(@lock.Packages[i].Name, files[i], pruning, spool, ManagedDecoders);
            progress?.Report(new BuildProgress($"{who}: unpacking {@lock.Packages.Length} packages", Interlocked.Increment(ref done), files.Length));
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        var entries = new LayerTree(@lock.Architecture).Merge(unpacked, extras(unpacked));
        using var tar = new TarStream(entries);
        return await content.WriteAsync(tar, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps those of the lock's packages that lie elsewhere on this machine; their bytes must be the locked ones.</summary>
    /// <param name="find">Path of a file that should have this SHA-256; null: there is none.</param>
    public async Task SeedAsync(PackageLock @lock, Func<string, string?> find, CancellationToken cancellationToken)
    {
        foreach (var package in @lock.Packages.Where(p => downloads.Find(p.Sha256) is null))
        {
            if (find(package.Sha256) is { } file)
            {
                await downloads.TakeAsync(file, package.Sha256, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Paths of the lock's packages, fetched where they are not here.</summary>
    public async Task<string[]> FetchAsync(
        string who, PackageLock @lock, bool offline, IProgress<BuildProgress>? progress, CancellationToken cancellationToken)
    {
        var files = new string[@lock.Packages.Length];
        var missing = new ConcurrentQueue<int>();
        for (var i = 0; i < files.Length; i++)
        {
            files[i] = downloads.Find(@lock.Packages[i].Sha256) ?? "";
            if (files[i].Length == 0)
            {
                missing.Enqueue(i);
            }
        }
        if (offline && missing.TryPeek(out var first))
        {
            throw new BoltException(PackageErrors.Offline($"the package {@lock.Packages[first].Name} {@lock.Packages[first].Version}"));
        }
        var (total, done) = (missing.Sum(i => @lock.Packages[i].Size), 0L);
        await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (i, stop) =>
        {
            files[i] = await FetchOneAsync(who, @lock, @lock.Packages[i], stop).ConfigureAwait(false);
            progress?.Report(new BuildProgress($"{who}: fetching packages", Interlocked.Add(ref done, @lock.Packages[i].Size), total));
        }).ConfigureAwait(false);
        return files;
    }

    private async Task<string> FetchOneAsync(string who, PackageLock @lock, LockedPackage package, CancellationToken cancellationToken)
    {
        BoltException? unreachable = null;
        foreach (var mirror in sources.Mirrors(package.Suite))
        {
            try
            {
                return await downloads.FetchAsync($"{mirror}/{Uri.EscapeDataString(package.Path).Replace("%2F", "/", StringComparison.Ordinal)}", package.Sha256, package.Size, cancellationToken).ConfigureAwait(false);
            }
            catch (BoltException e) when (e.Diagnostic.Code == PackageErrors.NotFoundCode)
            {
            }
            catch (BoltException e) when (e.Diagnostic.Code == PackageErrors.UnreachableCode)
            {
                unreachable ??= e;
            }
        }
        // A mirror that did not answer may still have it: that is the better thing to say.
        throw unreachable ?? new BoltException(PackageErrors.Gone(who, package.Name, package.Version,
            await CurrentAsync(package, @lock.Architecture, cancellationToken).ConfigureAwait(false)));
    }

    private async Task<string> CurrentAsync(LockedPackage package, string architecture, CancellationToken cancellationToken)
    {
        try
        {
            var opened = await Task.WhenAll(sources.Sources.Select(s => archive.OpenAsync(s, architecture, false, cancellationToken))).ConfigureAwait(false);
            var versions = new PackageSet([.. opened.OfType<OpenSuite>()], architecture).Versions(package.Name);
            return versions.Count == 0 ? "it has no other version either" : $"it has {versions[0].Package.Version} now";
        }
        catch (BoltException e)
        {
            return string.Create(CultureInfo.InvariantCulture, $"and what it has now cannot be read: {e.Diagnostic.Message}");
        }
    }

    public void Dispose() => downloads.Dispose();
}
