using Bolt.Boltfiles;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = System.Threading.Tasks.Task;

namespace Bolt.MSBuild;

/// <summary>Makes the images of a Boltfile's services ready and writes bolt.lock.</summary>
public sealed class PrepareImages : StackTask
{
    /// <summary>Leave out services that are built from a project: what is left is what bolt.lock pins.</summary>
    public bool PinnedOnly { get; set; }

    /// <summary>By service: the digest of its image's config as metadata Configuration, what it names as Reference.</summary>
    [Output]
    public ITaskItem[] Images { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task DoAsync(BoltRuntime runtime, Boltfile boltfile, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(boltfile);
        var services = boltfile.Services.Where(s => Chosen.IsEmpty || Chosen.Contains(s.Name));
        if (PinnedOnly) services = services.Where(s => s.Source is not ServiceSource.Build);
        var names = services.Select(s => s.Name).ToArray();
        if (names.Length == 0) return;
        var ready = await runtime.PrepareAsync(boltfile, [.. names], Offline, Progress, cancellation).ConfigureAwait(false);
        Images = [.. ready.Select(r =>
        {
            var item = new TaskItem(r.Name);
            item.SetMetadata("Reference", r.Image);
            item.SetMetadata("Configuration", r.Id);
            return item;
        })];
    }
}
