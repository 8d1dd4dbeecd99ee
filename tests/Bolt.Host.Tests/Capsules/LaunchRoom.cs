using System.Text;
using Bolt.Capsules;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Host.Tests.Capsules;

/// <summary>Which ids a capsule has: all of the user's, or one alone, as for a user without subordinate ids.</summary>
public enum Map
{
    OfUser,
    Single,
}

/// <summary>A temporary root with busybox, and capsules in it that report what they see.</summary>
internal sealed class LaunchRoom : IAsyncDisposable
{
    private static readonly string[] Applets =
    [
        "sh", "cat", "ls", "id", "true", "sleep", "readlink", "hostname", "grep", "mount", "unshare", "touch", "stat", "env", "pwd",
        "ps", "mkdir", "nc", "chroot", "cut",
    ];

    private static readonly EnumerationOptions NoLinks =
        new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private readonly MappedFiles _files;
    private readonly IdMap _ids;
    private int _count;

    /// <summary>Only one id is mapped.</summary>
    public bool IsSingle => _ids.Single;

    private LaunchRoom(Map map)
    {
        Shim = ShimLocation.Find(null) ?? throw new InvalidOperationException("bolt-shim was not built");
        var user = IdMap.OfCurrentUser();
        _ids = map == Map.Single ? user with { SubUid = 0, SubGid = 0, Count = 0 } : user;
        // Trees of the user's whole map are removed by it too, whatever map made them.
        _files = new MappedFiles(Shim, user);
        Folder = Directory.CreateTempSubdirectory("bolt-launch-").FullName;
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
    }

    public string Folder { get; }
    public string Shim { get; }
    public string Root => Path.Combine(Folder, "root");

    public static async Task<LaunchRoom> OpenAsync(Map map = Map.OfUser, Action<string>? addToRoot = null)
    {
        var room = new LaunchRoom(map);
        try
        {
            await room.MakeRootAsync(addToRoot);
            return room;
        }
        catch
        {
            await room.DisposeAsync();
            throw;
        }
    }

    private async Task MakeRootAsync(Action<string>? addToRoot)
    {
        foreach (var folder in (string[])["bin", "etc", "tmp"])
            Directory.CreateDirectory(Path.Combine(Root, folder));
        File.Copy("/bin/busybox", Path.Combine(Root, "bin/busybox"));
        foreach (var applet in Applets)
            File.CreateSymbolicLink(Path.Combine(Root, "bin", applet), "busybox");
        File.WriteAllText(Path.Combine(Root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\nbroken\nweb:x:101:102::/var/www:/bin/sh\n");
        File.WriteAllText(Path.Combine(Root, "etc/group"), "root:x:0:\nwww:x:102:\nextra:x:300:other,web\nnearly:x:301:webmaster\n");
        addToRoot?.Invoke(Root);
        await _files.ApplyAsync(Root,
        [
            new OwnedEntry(".", 0, 0, 0b111_101_101),
            .. new DirectoryInfo(Root).EnumerateFileSystemInfos("*", NoLinks)
                .Select(entry => new OwnedEntry(Path.GetRelativePath(Root, entry.FullName), 0, 0,
                    entry is DirectoryInfo || entry.Name == "busybox" ? 0b111_101_101u : 0b110_100_100u)),
        ], CancellationToken.None);
    }

    public CapsuleSpec Spec(params string[] command)
    {
        var id = $"l{Environment.ProcessId}-{++_count}";
        return new CapsuleSpec
        {
            Id = id,
            Folder = Path.Combine(Folder, id),
            Ids = _ids,
            Layers = [Root],
            Command = [.. command],
            Environment = ["PATH=/bin"],
            Hostname = "box",
            DieWithOwner = true,
        };
    }

    /// <summary>The output of a script, errors between its lines.</summary>
    public Task<string> SayAsync(string script) => SayAsync(Spec("sh", "-c", "exec 2>&1; " + script));

    /// <summary>The output, then the errors.</summary>
    public async Task<string> SayAsync(CapsuleSpec spec)
    {
        var (output, error) = (new MemoryStream(), new MemoryStream());
        var capsule = await Capsule.StartAsync(Shim, spec, TestContext.Current.CancellationToken);
        await capsule.AttachAsync(new ExecStreams(null, output, error), null, TestContext.Current.CancellationToken);
        await capsule.WaitAsync(TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString([.. output.ToArray(), .. error.ToArray()]);
    }

    public async ValueTask DisposeAsync() => await _files.DeleteTreeAsync(Folder, CancellationToken.None);
}
