namespace Bolt.Build;

/// <summary>An ordinary user, made for one run of a suite and removed after it.</summary>
internal sealed class TestUser : IDisposable
{
    private const string Name = "bolt-test";

    private readonly Dictionary<string, string> published = [];

    private TestUser(string folder, uint uid)
    {
        Folder = folder;
        Uid = uid;
    }

    /// <summary>World-readable and the user's own: binaries lie here when the checkout is not readable by others.</summary>
    public string Folder { get; }

    public uint Uid { get; }

    /// <summary>With a range of subordinate ids, or with its own id alone (useradd(8), SUB_UID_COUNT).</summary>
    public static TestUser Create(bool subordinateIds)
    {
        Remove();
        var folder = Path.Combine("/var/tmp", $"bolt-test-{Guid.NewGuid():n}"[..22]);
        string[] none = ["-K", "SUB_UID_COUNT=0", "-K", "SUB_GID_COUNT=0"];
        Shell.Do("useradd", [.. subordinateIds ? [] : none, "--create-home", "--home-dir", folder, "--shell", "/bin/sh", Name]);
        Shell.Do("chmod", "0755", folder);
        if (subordinateIds && !File.ReadLines("/etc/subuid").Any(l => l.StartsWith(Name + ":", StringComparison.Ordinal)))
        {
            Shell.Do("usermod", "--add-subuids", "300000-365535", "--add-subgids", "300000-365535", Name);
        }
        return new TestUser(folder, uint.Parse(Shell.Read("id", "-u", Name)));
    }

    /// <summary>The same files where the user can read and run them.</summary>
    public string Publish(string folder)
    {
        if (!published.TryGetValue(folder, out var copy))
        {
            copy = Path.Combine(Folder, "files", published.Count.ToString(), Path.GetFileName(folder));
            Directory.CreateDirectory(copy);
            if (Directory.Exists(folder))
            {
                Shell.Do("cp", "-a", "--no-preserve=ownership", folder + "/.", copy);
            }
            Shell.Do("chmod", "-R", "a+rX,go-w", Path.Combine(Folder, "files"));
            published[folder] = copy;
        }
        return copy;
    }

    public int? Run(string program, IReadOnlyList<string> arguments, TimeSpan limit, IReadOnlyDictionary<string, string> environment) =>
        Shell.Run("sh", ["build/as-user", Name, "sh", "-c", "cd && exec \"$@\"", "sh", program, .. arguments], limit,
            new Dictionary<string, string>(environment) { ["BOLT_TEST_SMALL_DISK"] = Directory.CreateDirectory(Path.Combine(Folder, "small-disk")).FullName });

    /// <summary>Ids that the user's processes can have: its own and its subordinate ones.</summary>
    public bool Owns(uint uid) => uid == Uid || File.ReadLines("/etc/subuid").Select(l => l.Split(':'))
        .Any(l => l is [Name, var first, var count] && uid >= uint.Parse(first) && uid - uint.Parse(first) < uint.Parse(count));

    public void Dispose()
    {
        foreach (var process in RunningProcess.All().Where(p => Owns(p.Uid)))
        {
            process.Kill();
        }
        Remove();
        if (Directory.Exists(Folder))
        {
            Shell.Do("rm", "-rf", Folder);
        }
    }

    private static void Remove()
    {
        // NuGet's own folder for this name; left by an earlier user of another id, it would be denied to this one.
        var scratch = Path.Combine(Path.GetTempPath(), "NuGetScratch" + Name);
        if (Directory.Exists(scratch))
        {
            Shell.Do("rm", "-rf", scratch);
        }
        if (File.ReadLines("/etc/passwd").FirstOrDefault(l => l.StartsWith(Name + ":", StringComparison.Ordinal)) is { } line)
        {
            Shell.Run("userdel", ["--force", Name], TimeSpan.FromMinutes(1));
            var home = line.Split(':')[5];
            if (home.StartsWith("/var/tmp/bolt-test-", StringComparison.Ordinal) && Directory.Exists(home))
            {
                Shell.Do("rm", "-rf", home);
            }
        }
    }
}
