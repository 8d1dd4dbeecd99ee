using Bolt.Capsules;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt;

/// <summary>Each need of Bolt, looked at where it is: the kernel, the disk, and a capsule that really runs.</summary>
internal sealed partial class HostChecks(BoltOptions options)
{
    private static readonly Version OldestKernel = new(5, 11);

    public static HostCheck Kernel()
    {
        var version = HostFacts.KernelVersion();
        var release = HostFacts.ReadLine("/proc/sys/kernel/osrelease") ?? "unknown";
        return new HostCheck("kernel", $"Linux {release}", version >= OldestKernel ? null : HostErrors.OldKernel(release));
    }

    public static HostCheck UserNamespaces()
    {
        const string name = "user namespaces";
        if (HostFacts.Setting("user/max_user_namespaces") is 0)
        {
            return new HostCheck(name, "switched off", HostErrors.NoUserNamespaces("user.max_user_namespaces", "0"));
        }
        if (HostFacts.IsRoot)
        {
            return new HostCheck(name, "on", null);
        }
        // Debian's and Ubuntu's own switches; other kernels do not have them.
        if (HostFacts.Setting("kernel/unprivileged_userns_clone") is 0)
        {
            return new HostCheck(name, "for root only", HostErrors.NoUserNamespaces("kernel.unprivileged_userns_clone", "0"));
        }
        return HostFacts.Setting("kernel/apparmor_restrict_unprivileged_userns") is 1
            ? new HostCheck(name, "restricted by AppArmor", HostErrors.NoUserNamespaces("kernel.apparmor_restrict_unprivileged_userns", "1"))
            : new HostCheck(name, "on for ordinary users", null);
    }

    public static HostCheck SubordinateIds()
    {
        const string name = "subordinate ids";
        var ids = IdMap.OfCurrentUser();
        if (HostFacts.IsRoot)
        {
            return new HostCheck(name, $"not needed by root, who maps {ids.SubUid}… itself", null);
        }
        var missing = HostFacts.Program("newuidmap") is null || HostFacts.Program("newgidmap") is null;
        return ids.Single
            ? new HostCheck(name, "none", missing ? HostErrors.NoIdTools() : HostErrors.NoSubordinateIds(UserName(ids.HostUid)))
            : new HostCheck(name, $"{ids.Count} from {ids.SubUid}", missing ? HostErrors.NoIdTools() : null);
    }

    public static HostCheck Cgroups()
    {
        const string name = "cgroups";
        if (HostFacts.Cgroups() is not { } kind)
        {
            return new HostCheck(name, "none", HostErrors.NoCgroups());
        }
        if (HostFacts.IsRoot)
        {
            return new HostCheck(name, kind, null);
        }
        if (kind == "v2" && SystemdBus.Find() is not null)
        {
            return new HostCheck(name, "v2, given by your systemd", null);
        }
        var controllers = HostFacts.Controllers();
        return controllers.Contains("memory")
            ? new HostCheck(name, $"{kind}, delegated: {string.Join(" ", controllers)}", null)
            : new HostCheck(name, kind, HostErrors.NoDelegation(kind));
    }

    public static HostCheck ShimConfinement() => Landlock.Version is > 0 and var version
        ? new HostCheck("landlock", $"version {version}", null)
        : new HostCheck("landlock", "none", HostErrors.NoLandlock());

    public static HostCheck Pasta() => HostFacts.Program("pasta") is { } path
        ? new HostCheck("pasta", path, null)
        : new HostCheck("pasta", "not installed", HostErrors.NoPasta(HostFacts.IsRoot));

    public static HostCheck Tun() => HostFacts.IsRoot
        ? new HostCheck("/dev/net/tun", "not needed by root", null)
        : HostFacts.CanReadAndWrite("/dev/net/tun")
            ? new HostCheck("/dev/net/tun", "can be opened", null)
            : new HostCheck("/dev/net/tun", "cannot be opened", HostErrors.NoTun());

    public static HostCheck Nft() => HostFacts.Program("nft") is { } path
        ? new HostCheck("nft", path, null)
        : new HostCheck("nft", "not installed", HostErrors.NoNft());

    public static HostCheck Sources()
    {
        var count = Files("/etc/apt/sources.list.d", "*.list").Prepend("/etc/apt/sources.list")
            .Sum(f => HostFacts.ReadLines(f).Count(l => l.TrimStart().StartsWith("deb ", StringComparison.Ordinal)));
        count += Files("/etc/apt/sources.list.d", "*.sources")
            .Sum(f => HostFacts.ReadLines(f).Count(l => l.StartsWith("Types:", StringComparison.OrdinalIgnoreCase) && l.Split(' ', ':').Contains("deb")));
        return new HostCheck("package sources", $"{count} in /etc/apt", count > 0 ? null : HostErrors.NoSources());
    }

    public static HostCheck Keyrings()
    {
        string[] found = [.. Files("/usr/share/keyrings", "*archive*"), .. Files("/etc/apt/trusted.gpg.d", "*"), .. Files("/etc/apt/keyrings", "*")];
        return new HostCheck("archive keyrings", $"{found.Length} found", found.Length > 0 ? null : HostErrors.NoKeyring());
    }

    public HostCheck Sdk()
    {
        string?[] places = [options.DotnetPath, HostFacts.Program("dotnet"), "/usr/share/dotnet/dotnet", "/usr/lib/dotnet/dotnet"];
        var dotnet = places.FirstOrDefault(p => p is not null && File.Exists(p));
        var sdk = dotnet is null ? null : SdkFolder(dotnet);
        return new HostCheck(".NET SDK", sdk ?? "not found", sdk is null ? HostErrors.NoSdk() : null);
    }

    public HostCheck Space()
    {
        var folder = options.StateFolder;
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder) ?? "/";
        }
        var free = new DriveInfo(folder).AvailableFreeSpace;
        return new HostCheck("disk", $"{free >> 30} GiB free below {folder}", free < 1L << 30 ? HostErrors.LittleSpace(folder, free) : null);
    }

    private static string? SdkFolder(string dotnet)
    {
        var real = File.ResolveLinkTarget(dotnet, returnFinalTarget: true)?.FullName ?? dotnet;
        var sdks = Path.Combine(Path.GetDirectoryName(real) ?? "/", "sdk");
        return Directory.Exists(sdks) ? Directory.EnumerateDirectories(sdks).Order(StringComparer.Ordinal).LastOrDefault() : null;
    }

    private static string UserName(uint uid) =>
        HostFacts.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(f => f.Length > 2 && f[2] == $"{uid}")?[0] ?? $"{uid}";

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern) : [];
}
