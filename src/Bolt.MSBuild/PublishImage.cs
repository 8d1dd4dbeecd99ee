using System.Collections.Immutable;
using Microsoft.Build.Framework;

namespace Bolt.MSBuild;

/// <summary>
/// Makes an image of a project and keeps it in the store; sends it to a registry, or writes it into an archive. Names and order of
/// precedence are those of the .NET SDK's container support.
/// </summary>
public sealed class PublishImage : BoltTask
{
    /// <summary>The project file.</summary>
    [Required]
    public string Project { get; set; } = "";

    /// <summary>"HOST[:PORT]"; empty: the image stays in the store.</summary>
    public string Registry { get; set; } = "";

    /// <summary>The image's name, with no registry and no tag.</summary>
    [Required]
    public string Repository { get; set; } = "";

    /// <summary>Tags.</summary>
    [Required]
    public string[] Tags { get; set; } = [];

    /// <summary>A file, or a folder when it exists or ends with a slash: the image becomes an archive there and goes to no registry.</summary>
    public string ArchivePath { get; set; } = "";

    /// <summary>The image's names in full.</summary>
    [Output]
    public string[] Names { get; set; } = [];

    /// <summary>Digest of its config.</summary>
    [Output]
    public string Configuration { get; set; } = "";

    /// <summary>Digest of the manifest in the registry; empty when it went to none.</summary>
    [Output]
    public string Digest { get; set; } = "";

    /// <summary>The archive; empty when none was asked for.</summary>
    [Output]
    public string Archive { get; set; } = "";

    /// <inheritdoc/>
    protected override string Subject => Project;

    /// <inheritdoc/>
    protected override async Task<bool> DoAsync(BoltRuntime runtime, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        var toRegistry = Registry.Length > 0 && ArchivePath.Length == 0;
        var name = (toRegistry ? Registry + "/" : "") + Repository;
        var wanted = Tags.SelectMany(t => t.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(t => $"{name}:{t}").Distinct().ToImmutableArray();
        var build = new Bolt.Builds.ImageBuildOptions { Context = Project, Tags = wanted, Offline = Offline };
        var built = await runtime.BuildAsync(build, new BuildLines(Progress), cancellation).ConfigureAwait(false);
        // The project may have given it further names.
        (Names, Configuration) = ([.. built.Tags.Take(wanted.Length)], built.Id);
        if (ArchivePath.Length > 0) await WriteAsync(runtime, cancellation).ConfigureAwait(false);
        foreach (var kept in toRegistry ? Names : [])
        {
            Progress.Report($"to {kept}");
            Digest = await runtime.PushAsync(kept, null, null, cancellation).ConfigureAwait(false);
        }
        return true;
    }

    private async Task WriteAsync(BoltRuntime runtime, CancellationToken cancellation)
    {
        var isFolder = ArchivePath.EndsWith('/') || Directory.Exists(ArchivePath);
        Archive = Path.GetFullPath(isFolder ? Path.Combine(ArchivePath, Repository.Replace('/', '-') + ".tar") : ArchivePath);
        Directory.CreateDirectory(Path.GetDirectoryName(Archive)!);
        var partial = Archive + ".part";
        using (var file = File.Create(partial)) await runtime.SaveImagesAsync(Names, file, cancellation).ConfigureAwait(false);
        File.Move(partial, Archive, overwrite: true);
        Progress.Report($"to {Archive}");
    }

    private sealed class BuildLines(IProgress<string> to) : IProgress<Bolt.Builds.BuildEvent>
    {
        private string? _last;

        // A sentence is said once, however far it has come since.
        public void Report(Bolt.Builds.BuildEvent value)
        {
            if (value is Bolt.Builds.BuildEvent.Fetching fetching && Interlocked.Exchange(ref _last, fetching.Text) != fetching.Text) to.Report(fetching.Text);
        }
    }
}
