using System.Collections.Immutable;
using System.Globalization;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>
/// The mounts of a config.json as steps. As root a bind's source is opened outside, because the root of a user namespace
/// may not be able to walk to it; an ordinary user may copy mounts only inside.
/// </summary>
internal sealed class OciMounts
{
    // runc's list of what may lie on procfs: files that lxcfs and others replace.
    private static readonly string[] OnProc =
    [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg", "/proc/slabinfo",
        "/proc/net/dev", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
    ];

    private readonly ImmutableArray<LaunchStep>.Builder _before = ImmutableArray.CreateBuilder<LaunchStep>();
    private readonly ImmutableArray<LaunchStep>.Builder _between = ImmutableArray.CreateBuilder<LaunchStep>();
    private readonly ImmutableArray<LaunchStep>.Builder _opened = ImmutableArray.CreateBuilder<LaunchStep>();
    private readonly ImmutableArray<LaunchStep>.Builder _placed = ImmutableArray.CreateBuilder<LaunchStep>();
    private readonly OciConfig _config;
    private readonly OciHost _host;
    private readonly OciLaunchRequest _request;
    private readonly Func<int> _takeSlot;

    public OciMounts(OciConfig config, OciHost host, OciLaunchRequest request, Func<int> takeSlot)
    {
        (_config, _host, _request, _takeSlot) = (config, host, request, takeSlot);
        foreach (var mount in config.Mounts ?? [])
            Add(mount);
    }

    public ImmutableArray<LaunchStep> Before => _before.ToImmutable();
    public ImmutableArray<LaunchStep> Between => _between.ToImmutable();
    public ImmutableArray<LaunchStep> Opened => _opened.ToImmutable();
    public ImmutableArray<LaunchStep> Placed => _placed.ToImmutable();

    public static bool IsBind(OciMount mount, MountOptions options) => options.Bind || mount.Type is "bind" or "rbind";

    /// <summary>Something is mounted at /dev from the host: its devices are then the host's choice.</summary>
    public static bool BindsDev(OciConfig config) => (config.Mounts ?? []).Any(mount =>
        Path.GetFullPath("/" + mount.Destination) == "/dev" && IsBind(mount, MountOptions.Of(mount.Options ?? [])));

    private void Add(OciMount mount)
    {
        var options = MountOptions.Of(mount.Options ?? []);
        var target = Path.GetFullPath("/" + mount.Destination);
        if (IsBind(mount, options))
            Bind(mount, options, target);
        else if (mount.Type is "cgroup" or "cgroup2")
            Cgroup(options, target);
        else
            FileSystem(mount, options, target);
    }

    private void FileSystem(OciMount mount, MountOptions options, string target)
    {
        if (options.CopyUp)
            _placed.Add(new(LaunchOperation.CopyUp, target));
        var kind = mount.Type ?? "";
        // Written into before it may be read-only.
        var flags = options.CopyUp ? options.Flags & ~(ulong)Sys.MsReadOnly : options.Flags;
        _placed.Add(new(LaunchOperation.MountKind, kind, string.IsNullOrEmpty(mount.Source) ? kind : mount.Source));
        _placed.Add(new(LaunchOperation.MountFrom, kind, target, options.Data, X: (long)flags, Y: kind == "proc" || OnProc.Contains(target) ? 1 : 0));
        if (flags != options.Flags)
            _placed.Add(new(LaunchOperation.Remount, target, Y: (long)Sys.AttrReadOnly));
        Below(options, target);
    }

    private void Bind(OciMount mount, MountOptions options, string target)
    {
        var slot = _takeSlot();
        // As the spec has it, a relative source is the bundle's.
        var source = Path.GetFullPath(mount.Source!, _request.Bundle);
        var recursive = options.Recursive || mount.Type == "rbind";
        (_host.Root ? _before : _opened).Add(new(LaunchOperation.OpenTree, source, X: slot, Y: recursive ? 1 : 0));
        var changes = _host.Root ? _between : _opened;
        changes.Add(new(LaunchOperation.SetMount, source, X: slot, Z: (long)(RootPropagation | 2)));
        IdMap(mount, options, slot, source, changes);
        if ((options.Set | options.Clear) != 0)
            changes.Add(new(LaunchOperation.SetMount, source, X: slot, Y: Pack(options.Set, options.Clear)));
        if ((options.SetBelow | options.ClearBelow) != 0)
            changes.Add(new(LaunchOperation.SetMount, source, X: slot, Y: Pack(options.SetBelow, options.ClearBelow), Z: 1));
        if (options.Propagation != 0)
            changes.Add(new(LaunchOperation.SetMount, source, X: slot, Z: (long)(options.Propagation | (options.PropagationBelow ? 2UL : 0))));
        _placed.Add(new(LaunchOperation.Attach, target, X: slot, Y: OnProc.Contains(target) || target == "/proc" ? 1 : 0));
    }

    // What the container's mounts hear of the host's, as if it had been mounted after the root was made so.
    private ulong RootPropagation => MountOptions.PropagationOf(_config.Linux?.RootfsPropagation ?? "") ?? (ulong)Sys.MsSlave;

    private void IdMap(OciMount mount, MountOptions options, int slot, string source, ImmutableArray<LaunchStep>.Builder changes)
    {
        var own = mount.UidMappings is { Count: > 0 };
        if (!own && !options.IdMap)
            return;
        var space = -1;
        if (own)
        {
            space = _takeSlot();
            _before.Add(new(LaunchOperation.MakeNamespace, Map(mount.UidMappings!), Map(mount.GidMappings!), X: space));
        }
        changes.Add(new(LaunchOperation.MapMount, source, X: slot, Y: space, Z: options.IdMapBelow ? 1 : 0));
    }

    private static string Map(IEnumerable<OciIdMapping> mappings) =>
        string.Concat(mappings.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.ContainerId} {m.HostId} {m.Size}\n")));

    private void Cgroup(MountOptions options, string target)
    {
        var own = _config.Linux?.Namespaces?.Any(n => n.Type == "cgroup") == true;
        if (_host.Cgroups.Unified)
        {
            if (own)
            {
                _placed.Add(new(LaunchOperation.MountKind, "cgroup2", "cgroup"));
                _placed.Add(new(LaunchOperation.MountFrom, "cgroup", target, options.Data, X: (long)options.Flags));
            }
            else
                Share(_host.Cgroups.Hierarchies[0].Mount, target, options);
            return;
        }

        // Version 1: a folder for each hierarchy, on a small file system of its own.
        _placed.Add(new(LaunchOperation.MountKind, "tmpfs", "tmpfs"));
        _placed.Add(new(LaunchOperation.MountFrom, "tmpfs", target, "mode=755,size=1m", X: (long)(Sys.MsNoExec | Sys.MsNoSuid | Sys.MsNoDev)));
        foreach (var hierarchy in _host.Cgroups.Hierarchies)
        {
            var name = Path.GetFileName(hierarchy.Mount);
            if (own)
            {
                _placed.Add(new(LaunchOperation.MountKind, "cgroup", "cgroup"));
                _placed.Add(new(LaunchOperation.MountFrom, "cgroup", $"{target}/{name}", string.Join(',', hierarchy.Controllers), X: (long)options.Flags));
            }
            else if (_request.Cgroups.FirstOrDefault(f => f.StartsWith(hierarchy.Mount + "/", StringComparison.Ordinal)) is { } group)
                Share(group, $"{target}/{name}", options);
            if (hierarchy.Controllers.Length > 1)
                foreach (var controller in hierarchy.Controllers)
                    _placed.Add(new(LaunchOperation.LinkMissing, name, $"{target}/{controller}"));
        }

        if (options.ReadOnly)
            _placed.Add(new(LaunchOperation.Remount, target, Y: (long)Sys.AttrReadOnly));
    }

    private void Share(string source, string target, MountOptions options)
    {
        var slot = _takeSlot();
        (_host.Root ? _before : _opened).Add(new(LaunchOperation.OpenTree, source, X: slot, Y: 1));
        (_host.Root ? _between : _opened).Add(
            new(LaunchOperation.SetMount, source, X: slot, Y: Pack(options.Set, options.Clear), Z: (long)Sys.MsPrivate | 3));
        _placed.Add(new(LaunchOperation.Attach, target, X: slot));
    }

    private void Below(MountOptions options, string target)
    {
        if ((options.SetBelow | options.ClearBelow) != 0)
            _placed.Add(new(LaunchOperation.Remount, target, Y: Pack(options.SetBelow, options.ClearBelow), Z: 1));
        if (options.Propagation != 0)
            _placed.Add(new(LaunchOperation.Remount, target, Z: (long)(options.Propagation | (options.PropagationBelow ? 2UL : 0))));
    }

    /// <summary>MOUNT_ATTR_ to set, and in the upper half those to clear.</summary>
    private static long Pack(ulong set, ulong clear) => (long)(set | clear << 32);
}
