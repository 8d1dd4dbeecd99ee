using System.Collections.Immutable;
using System.Formats.Tar;
using System.Text;
using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Surge;

namespace Bolt.Host.Tests.Builds;

/// <summary>A folder to build in, over an image whose only program is busybox; nothing is fetched.</summary>
internal sealed class BuildRoom : IAsyncDisposable
{
    /// <summary>The base with busybox's programs by name.</summary>
    public const string From = "FROM ../image AS base\nRUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n";

    private readonly StackRoom room = new();

    public BuildRoom() => Directory.CreateDirectory(Context);

    public StackRoom Stack => room;

    public BoltRuntime Runtime => room.Runtime;

    public string Context => room.Folder + "/app";

    public string State => room.Folder + "/state";

    public List<BuildEvent> Events { get; } = [];

    public ImageBuildOptions Options => new() { Context = Context, Tags = ["built:1"] };

    public void Write(string path, string text, UnixFileMode mode = (UnixFileMode)0b110_100_100)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Context, path))!);
        File.WriteAllText(Path.Combine(Context, path), text);
        File.SetUnixFileMode(Path.Combine(Context, path), mode);
    }

    public async Task<BuiltImage> BuildAsync(string dockerfile, Func<ImageBuildOptions, ImageBuildOptions>? change = null, CancellationToken cancellation = default)
    {
        Write("Dockerfile", dockerfile);
        Events.Clear();
        return await Runtime.BuildAsync(change?.Invoke(Options) ?? Options, new Listener(Events), cancellation);
    }

    public async Task<Diagnostic> FailAsync(string dockerfile, Func<ImageBuildOptions, ImageBuildOptions>? change = null) =>
        (await Assert.ThrowsAsync<BoltException>(() => BuildAsync(dockerfile, change))).Diagnostic;

    /// <summary>What commands wrote.</summary>
    public string Output => string.Join('\n', Events.OfType<BuildEvent.StepOutput>().Select(e => e.Line));

    /// <summary>Steps that were not in the cache, FROM left out.</summary>
    public string[] Ran => [.. Events.OfType<BuildEvent.StepDone>().Where(d => !d.Cached)
        .Select(d => Events.OfType<BuildEvent.StepStarted>().First(s => s.Step == d.Step).Text).Order(StringComparer.Ordinal)];

    /// <summary>The files of an image, by path: "mode uid:gid content".</summary>
    public async Task<SortedDictionary<string, string>> FilesAsync(string image = "built:1", string below = "")
    {
        var tar = new MemoryStream();
        await Runtime.ExportImageAsync(image, tar, CancellationToken.None);
        tar.Position = 0;
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var reader = new TarReader(tar);
        while (reader.GetNextEntry() is { } entry)
        {
            var name = entry.Name.TrimEnd('/');
            if (!name.StartsWith(below, StringComparison.Ordinal) || name.StartsWith("bin", StringComparison.Ordinal))
            {
                continue;
            }
            var content = entry.EntryType switch
            {
                TarEntryType.SymbolicLink => "-> " + entry.LinkName,
                TarEntryType.Directory => "/",
                _ => entry.DataStream is null ? "" : new StreamReader(entry.DataStream, Encoding.UTF8).ReadToEnd().TrimEnd('\n'),
            };
            files[name] = $"{Convert.ToString((int)entry.Mode, 8)} {entry.Uid}:{entry.Gid} {content}";
        }
        return files;
    }

    /// <summary>Nothing of a build is left but its result.</summary>
    public string[] Left =>
    [
        .. new[] { room.Folder + "/run/builds", State + "/builds/work" }.Where(Directory.Exists).SelectMany(Directory.GetFileSystemEntries),
        .. Directory.Exists(State + "/blobs/incoming") ? Directory.GetFiles(State + "/blobs/incoming") : [],
    ];

    public ValueTask DisposeAsync() => room.DisposeAsync();

    private sealed class Listener(List<BuildEvent> to) : IProgress<BuildEvent>
    {
        public void Report(BuildEvent value)
        {
            lock (to)
            {
                to.Add(value);
            }
        }
    }
}
