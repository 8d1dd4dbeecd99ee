using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Text;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Host.Tests.Registries;
using Bolt.Launch;
using Bolt.Runtime.Tests.Packages;
using Bolt.Storage;
using Bolt.Surge;

namespace Bolt.Host.Tests.Builds;

/// <summary>A project whose inputs come from an archive, a registry and a web server of the tests' own, all of which can be shut.</summary>
internal sealed class LockRoom : IAsyncDisposable
{
    public const string Address = "/files/tool.txt";

    private readonly ConcurrentDictionary<string, byte[]> files = new();
    private readonly ScriptedRegistry server;

    public LockRoom()
    {
        Directory.CreateDirectory(Project, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
        server = new ScriptedRegistry(asked => Open ? files.TryGetValue(asked.Path, out var file) ? new Answer(200, file) : Image.Answer(asked) : Answer.Text(503));
        files[Address] = "one"u8.ToArray();
        using var program = new MemoryStream(File.ReadAllBytes("/bin/busybox"));
        Archive.Add("tool", "1.0", TestDeb.Make(".gz", TestDeb.Folder("./bin/"), new GnuTarEntry(TarEntryType.RegularFile, "./bin/busybox") { DataStream = program, Mode = (UnixFileMode)0x1ed }, TestDeb.Folder("./tmp/"))).Publish();
        Write("tool.capsule.toml", "name = \"tool\"\npackages = [\"tool\"]\nversion_of = \"tool\"\nentrypoint = [\"/bin/busybox\"]\ncommand = [\"sleep\", \"1000\"]\nready = \"started\"\n");
        Write("app/Dockerfile", $"ARG PLACE=in\nFROM {Host}/x:1 AS base\nFROM base\nARG PLACE\nENV WORD=tool\nADD http://{Host}/files/$WORD.txt /$PLACE/\nCOPY --from={Host}/x:2 /hello /other\n");
        Write("Boltfile.toml", $"project = \"locked\"\n[services.tool]\ncapsule = \"./tool.capsule.toml\"\n[services.app]\nbuild = \"./app\"\n");
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("bolt-lock-").FullName;

    public string Project => Folder + "/project";

    public TestArchive Archive { get; } = new();

    public ServedImage Image { get; set; } = new();

    /// <summary>False: registry and web server answer nothing.</summary>
    public bool Open { get; set; } = true;

    public string Host => server.Host;

    public string[] Asked => [.. server.Log.Select(a => a.Path)];

    public string Lock => Project + "/bolt.lock";

    public Boltfile Boltfile => BoltRuntime.Load(Project).Value ?? throw new InvalidOperationException("the Boltfile is wrong");

    /// <summary>A runtime with stores of its own.</summary>
    public BoltRuntime Runtime(string store) => new(new BoltOptions
    {
        StateFolder = $"{Folder}/{store}/state",
        RunFolder = $"{Folder}/{store}/run",
        CacheFolder = $"{Folder}/{store}/cache",
    })
    { Archives = () => Archive.Sources };

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName($"{Project}/{path}")!);
        File.WriteAllText($"{Project}/{path}", text);
    }

    public void Serve(string text) => files[Address] = Encoding.UTF8.GetBytes(text);

    public Task<LockReport> LockAsync(string store = "one", params string[] update) => Runtime(store).LockAsync(Boltfile, [], [.. update], null, CancellationToken.None);

    /// <summary>Brings services up and down again; the first failure, or null when all were ready.</summary>
    public async Task<Bolt.Diagnostics.Diagnostic?> UpAsync(string store, params string[] services)
    {
        using var end = new CancellationTokenSource();
        Bolt.Diagnostics.Diagnostic? failure = null;
        await foreach (var happened in Runtime(store).UpAsync(Boltfile, new UpOptions([.. services], Locked: true), end.Token))
        {
            failure ??= (happened as StackEvent.StepFailed)?.Diagnostic;
            if (happened is StackEvent.StackReady)
            {
                await end.CancelAsync();
            }
        }
        return failure;
    }

    /// <summary>The Dockerfile's image, as `bolt build --locked` makes it.</summary>
    public Task<BuiltImage> BuildAsync(string store) =>
        Runtime(store).BuildAsync(new ImageBuildOptions { Context = Project + "/app", Tags = ["app:1"], Locked = true }, null, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Archive.Dispose();
        await new MappedFiles(ShimLocation.Find(null)!, IdMap.OfCurrentUser()).DeleteTreeAsync(Folder, CancellationToken.None);
    }
}
