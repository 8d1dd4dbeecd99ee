using System.Collections.Immutable;
using System.Text;
using Bolt.Capsules;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Host.Tests.Capsules;

/// <summary>A temporary folder with a busybox root owned by mapped ids, and capsules in it that die with the test.</summary>
internal sealed class CapsuleRoom : IAsyncDisposable
{
    private static readonly string[] Applets =
        ["sh", "cat", "echo", "sleep", "kill", "id", "stty", "tty", "seq", "true", "head", "tr", "ls", "env", "pwd", "wc", "test"];

    private readonly List<string> _capsules = [];

    private CapsuleRoom(string folder)
    {
        Folder = folder;
        Ids = IdMap.OfCurrentUser();
        ShimPath = ShimLocation.Find(null) ?? throw new InvalidOperationException("bolt-shim was not built");
        Files = new MappedFiles(ShimPath, Ids);
    }

    public string Folder { get; }
    public IdMap Ids { get; }
    public string ShimPath { get; }
    public MappedFiles Files { get; }
    public string Root => Path.Combine(Folder, "root");
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<CapsuleRoom> OpenAsync()
    {
        var room = new CapsuleRoom(Directory.CreateTempSubdirectory("bolt-capsules-").FullName);
        File.SetUnixFileMode(room.Folder, (UnixFileMode)0b111_101_101);
        await room.MakeRootAsync();
        return room;
    }

    /// <summary>A capsule that this process owns: it dies with the test run, whatever happens.</summary>
    public CapsuleSpec Spec(params string[] command)
    {
        var id = "t" + Guid.NewGuid().ToString("n")[..8];
        var folder = Path.Combine(Folder, id);
        _capsules.Add(folder);
        return new CapsuleSpec
        {
            Id = id,
            Folder = folder,
            Ids = Ids,
            Layers = [Root],
            Command = [.. command],
            Environment = ["PATH=/bin", "HOME=/"],
            Hostname = "box",
            DieWithOwner = true,
        };
    }

    public Task<Capsule> StartAsync(params string[] command) => StartAsync(Spec(command));

    public Task<Capsule> StartAsync(CapsuleSpec spec) => Capsule.StartAsync(ShimPath, spec, Token);

    /// <summary>Runs to the end and returns its output as it was.</summary>
    public async Task<(CapsuleExit Exit, string Output, string Error)> RunAsync(params string[] command)
    {
        var capsule = await StartAsync(command);
        var (output, error) = (new MemoryStream(), new MemoryStream());
        await capsule.AttachAsync(new ExecStreams(null, output, error), null, Token);
        return (await capsule.WaitAsync(Token), Text(output), Text(error));
    }

    public static async Task<(int Code, string Output, string Error)> ExecAsync(Capsule capsule, ExecSpec spec, string? input = null)
    {
        var (output, error) = (new MemoryStream(), new MemoryStream());
        var stream = input is null ? null : new MemoryStream(Encoding.UTF8.GetBytes(input));
        var code = await capsule.ExecAsync(spec, new ExecStreams(stream, output, error), null, Token);
        return (code, Text(output), Text(error));
    }

    public static ExecSpec Command(params string[] command) => new(command, [], null, null, Terminal: false);

    public static string Text(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());

    public async ValueTask DisposeAsync()
    {
        foreach (var folder in _capsules)
            if (Capsule.TryAdopt(folder) is { } running)
                await running.StopAsync(TimeSpan.Zero, CancellationToken.None);
        await Files.DeleteTreeAsync(Folder, CancellationToken.None);
    }

    private async Task MakeRootAsync()
    {
        foreach (var folder in (string[])["bin", "etc", "tmp", "usr"])
            Directory.CreateDirectory(Path.Combine(Root, folder));
        File.Copy("/bin/busybox", Path.Combine(Root, "bin/busybox"));
        foreach (var applet in Applets)
            File.CreateSymbolicLink(Path.Combine(Root, "bin", applet), "busybox");
        foreach (var link in (string[])["lib", "lib64", "sbin"])
            File.CreateSymbolicLink(Path.Combine(Root, link), "usr/" + link);
        File.WriteAllText(Path.Combine(Root, "etc/passwd"), "root:x:0:0::/:/bin/sh\nguest:x:1000:1000::/tmp:/bin/sh\n");
        File.WriteAllText(Path.Combine(Root, "etc/group"), "root:x:0:\nguest:x:1000:\n");
        const uint program = 0b111_101_101, file = 0b110_100_100;
        await Files.ApplyAsync(Root,
        [
            new OwnedEntry(".", 0, 0, program), new OwnedEntry("bin", 0, 0, program), new OwnedEntry("bin/busybox", 0, 0, program),
            new OwnedEntry("etc", 0, 0, program), new OwnedEntry("etc/passwd", 0, 0, file), new OwnedEntry("etc/group", 0, 0, file),
            new OwnedEntry("tmp", 0, 0, 0b001_111_111_111), new OwnedEntry("usr", 0, 0, program),
        ], Token);
    }
}
