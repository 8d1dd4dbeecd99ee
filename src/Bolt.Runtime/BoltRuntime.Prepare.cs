using System.Collections.Immutable;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Storage;

namespace Bolt;

public sealed partial class BoltRuntime
{
    /// <summary>
    /// Fetches, builds and unpacks the images of services, so that `up` has nothing left to do but to start them, and writes to
    /// bolt.lock what was chosen.
    /// </summary>
    /// <param name="boltfile">Whose services; bolt.lock lies beside it.</param>
    /// <param name="services">Which; empty means all.</param>
    /// <param name="offline">Use only what bolt.lock and the caches have; needing the network is an error.</param>
    /// <param name="progress">Hears what is going on; null: no one does.</param>
    /// <param name="cancellation">Gives up; what is done by then is kept.</param>
    /// <exception cref="BoltException">BOLT2xxx: an image could not be had.</exception>
    public async Task<ImmutableArray<PreparedService>> PrepareAsync(
        Boltfile boltfile, ImmutableArray<string> services, bool offline, IProgress<string>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(boltfile);
        var folder = Path.GetDirectoryName(Path.GetFullPath(boltfile.Path))!;
        var pins = LockSession.Of(Path.Combine(folder, LockSession.FileName));
        // One that cannot be read is said before anything is fetched.
        _ = pins.Current;
        var report = progress is null ? null : new TextReport(progress);
        var wanted = boltfile.Services.Where(s => services.IsEmpty || services.Contains(s.Name));
        try
        {
            return [.. await Task.WhenAll(wanted.Select(async service =>
            {
                var image = await Rooms.Images.PrepareAsync(service.Source, folder, pins, offline, report, cancellation).ConfigureAwait(false);
                foreach (var warning in image.Warnings) progress?.Report(warning.Message);
                return new PreparedService(service.Name, image.Reference, image.Id.ToString());
            })).ConfigureAwait(false)];
        }
        finally
        {
            await KeepAsync(pins).ConfigureAwait(false);
        }
    }

    private sealed class TextReport(IProgress<string> to) : IProgress<BuildProgress>
    {
        private string? _last;

        // A sentence is said once, however far it has come since.
        public void Report(BuildProgress value)
        {
            if (Interlocked.Exchange(ref _last, value.Text) != value.Text) to.Report(value.Text);
        }
    }
}

/// <summary>A service whose image is ready.</summary>
/// <param name="Name">The service.</param>
/// <param name="Image">What it names.</param>
/// <param name="Id">Digest of the image's config: equal digests run equal bits.</param>
public sealed record PreparedService(string Name, string Image, string Id);
