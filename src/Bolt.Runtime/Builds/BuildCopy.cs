using System.Collections.Immutable;
using System.Globalization;
using Bolt.Kernel;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// A second place to build in, as unlike the first as this machine can make it: another path, other owners, files made in
/// another order, one processor, another locale and time zone, and a later second.
/// </summary>
/// <param name="Varied">What is different, in words.</param>
/// <param name="Same">What could not be made different here.</param>
internal sealed record BuildCopy(string Root, ImmutableArray<string> Varied, ImmutableArray<string> Same)
{
    /// <summary>What fits well into memory: there folders list the newest file first, unlike on most disks.</summary>
    private const long MostInMemory = 64 << 20;

    private const uint OtherOwner = 4242;

    private static readonly ImmutableDictionary<string, string> Elsewhere = ImmutableDictionary<string, string>.Empty
        .Add("LANG", "tr_TR.UTF-8").Add("LC_ALL", "tr_TR.UTF-8").Add("TZ", "Pacific/Kiritimati").Add("DOTNET_PROCESSOR_COUNT", "1");

    /// <summary>For a Dockerfile: COPY reads the copy. For a project: it is built there.</summary>
    public BuildSurroundings Surroundings(bool context) => new()
    {
        Context = context ? Root : null,
        Backwards = true,
        OneProcessor = true,
        Variables = Elsewhere,
    };

    /// <param name="nodes">By path below the root that they have now.</param>
    /// <param name="varied">What else is different.</param>
    public static async Task<BuildCopy> MakeAsync(
        BuildTools tools, BuildWorkplace place, IReadOnlyCollection<SourceNode> nodes, ImmutableArray<string> varied, CancellationToken cancellationToken)
    {
        var root = Path.Combine(nodes.Sum(n => n.Size) <= MostInMemory ? place.Run : place.State, "elsewhere", "another-place");
        try
        {
            await Task.Run(() => Write(root, nodes, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (StorageErrors.IsFileSystem(e))
        {
            throw StorageErrors.Wrap(root, e);
        }
        var owners = Sys.EffectiveUid() == 0 && !tools.Ids.Single;
        if (owners)
        {
            await tools.Files.ApplyAsync(root, [.. nodes.Where(n => n.Kind != SourceKind.Link).Select(n => new OwnedEntry(n.Path, OtherOwner, OtherOwner, n.Mode))], cancellationToken).ConfigureAwait(false);
        }
        varied = ["time", "path", "order of folders", .. varied];
        ImmutableArray<string> same = owners ? [] : ["owner (only root can change it)"];
        varied = owners ? varied.Add("owner") : varied;
        return System.Environment.ProcessorCount > 1
            ? new BuildCopy(root, varied.Add(string.Create(CultureInfo.InvariantCulture, $"processors (1 instead of {System.Environment.ProcessorCount})")), same)
            : new BuildCopy(root, varied, same.Add("processors (there is one)"));
    }

    /// <summary>Until the clock shows another second: what writes the time has another to write.</summary>
    public static async Task NextSecondAsync(CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.UtcNow;
        await Task.Delay(TimeSpan.FromSeconds(1) - TimeSpan.FromMilliseconds(now.Millisecond), cancellationToken).ConfigureAwait(false);
    }

    // The last name first.
    private static void Write(string root, IReadOnlyCollection<SourceNode> nodes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(root);
        foreach (var node in nodes.Reverse())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.Combine(root, node.Path);
            Directory.CreateDirectory(node.Kind == SourceKind.Folder ? path : Path.GetDirectoryName(path)!);
            switch (node.Kind)
            {
                case SourceKind.Link:
                    File.CreateSymbolicLink(path, node.Link);
                    break;
                case SourceKind.File:
                    using (var source = node.Open!())
                    using (var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                    {
                        source.CopyTo(target);
                    }
                    File.SetUnixFileMode(path, (UnixFileMode)node.Mode);
                    break;
            }
        }
        // When all is in them: a folder may be one that nothing can be written into.
        foreach (var folder in nodes.Where(n => n.Kind == SourceKind.Folder).OrderByDescending(n => n.Path.Length))
        {
            File.SetUnixFileMode(Path.Combine(root, folder.Path), (UnixFileMode)folder.Mode);
        }
    }

    /// <summary>A project's files by their whole path, with what MSBuild reads of the repository: the commit is in what it builds.</summary>
    public static IReadOnlyCollection<SourceNode> FilesOf(DotnetProject project, DotnetProjectInputs inputs) =>
        [.. DotnetProjectFingerprint.Files(project, inputs).Concat(Repository(project.Folder)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(f => new FileInfo(f)).Where(f => f.Exists)
            .Select(f => new SourceNode(f.FullName.TrimStart('/'), SourceKind.File, (uint)f.UnixFileMode & 0xFFF, 0, 0, "", f.Length, () => File.OpenRead(f.FullName)))];

    // HEAD, refs and config; the objects are not looked at.
    private static IEnumerable<string> Repository(string folder)
    {
        for (var above = folder; above is not null; above = Path.GetDirectoryName(above))
        {
            var git = Path.Combine(above, ".git");
            if (File.Exists(git))
            {
                return [git];
            }
            if (Directory.Exists(git))
            {
                return Directory.GetFiles(git).Concat(Directory.Exists(git + "/refs") ? Directory.GetFiles(git + "/refs", "*", SearchOption.AllDirectories) : []);
            }
        }
        return [];
    }
}
