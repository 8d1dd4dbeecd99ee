using Bolt.Boltfiles;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using Task = System.Threading.Tasks.Task;

namespace Bolt.MSBuild;

/// <summary>Builds the services that are built and sends their images to a registry.</summary>
public sealed class PushImages : StackTask
{
    /// <summary>"HOST[:PORT]"; empty: every project names its own.</summary>
    public string Registry { get; set; } = "";

    /// <summary>For services whose projects give no name; empty: latest.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>By service: names as metadata References, digest of the manifest as Digest, that of the config as Configuration.</summary>
    [Output]
    public ITaskItem[] Images { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task DoAsync(BoltRuntime runtime, Boltfile boltfile, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        var options = new ServicePublishOptions(Registry, [.. Tags.SelectMany(t => t.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))], Chosen, Offline);
        var published = await runtime.PublishServicesAsync(boltfile, options, Progress, cancellation).ConfigureAwait(false);
        Images = [.. published.Select(p =>
        {
            var item = new TaskItem(p.Name);
            item.SetMetadata("References", string.Join(';', p.References));
            item.SetMetadata("Configuration", p.Id);
            item.SetMetadata("Digest", p.Digest);
            return item;
        })];
    }
}
