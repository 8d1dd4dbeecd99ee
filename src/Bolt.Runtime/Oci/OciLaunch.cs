using System.Collections.Immutable;
using System.Globalization;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Oci;

/// <summary>From a checked config.json to the shim's sheet of a container. Pure: it only decides.</summary>
internal sealed class OciLaunch
{
    private readonly OciConfig _config;
    private readonly OciLinux _linux;
    private readonly OciHost _host;
    private readonly OciLaunchRequest _request;
    private readonly SeccompRules? _seccomp;
    private readonly OciSpaces _spaces;
    private readonly OciHookPlan _hooks;
    private readonly OciMounts _mounts;
    private readonly int _listener;
    private readonly string _rootfs;
    private int _slots;

    public OciLaunch(OciConfig config, OciHost host, OciLaunchRequest request, SeccompRules? seccomp)
    {
        (_config, _linux, _host, _request, _seccomp) = (config, config.Linux!, host, request, seccomp);
        _listener = TakeSlot();
        _spaces = new OciSpaces(_linux, TakeSlot);
        _hooks = new OciHookPlan(config, request);
        _mounts = new OciMounts(config, host, request, TakeSlot);
        _rootfs = Path.GetFullPath(config.Root!.Path!, request.Bundle);
    }

    public ContainerSheet ToSheet()
    {
        var process = _config.Process ?? new OciProcess { Cwd = "/", Args = ["sh"] };
        var label = OciService.Label(process, _host, TakeSlot);
        var inside = Inside(process, label.Open);
        var groups = EnteredGroups.Of(_request.Cgroups.Where(folder => !_host.Cgroups.IsUnified(folder)), TakeSlot);
        var maps = OciSpaces.Maps(_linux, _host, _spaces.NewUser);
        return new ContainerSheet
        {
            Uids = maps.Uids,
            Gids = maps.Gids,
            DenyGroups = maps.DenyGroups,
            Hooks = _hooks.Inner,
            Columns = (ushort)Math.Min(process.ConsoleSize?.Width ?? 0, ushort.MaxValue),
            Rows = (ushort)Math.Min(process.ConsoleSize?.Height ?? 0, ushort.MaxValue),
            Preserved = _request.Preserved,
            Steps = new CapsuleSheet
            {
                Id = _request.Id,
                Folder = _request.Folder,
                Ids = new IdMap(0, 0, 0, 0, 0),
                MapWay = maps.Way,
                Namespaces = _spaces.New,
                Before = [new(LaunchOperation.ListenStart, _request.Folder, X: _listener), .. groups.Open, .. _spaces.Open, .. _mounts.Before],
                Between =
                [
                    .. process.OomScoreAdj is { } score
                        ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.OutOfMemoryScore, "oomScoreAdj", X: score, Y: _host.Root && !_host.Nested ? 0 : 1)] : [],
                    .. _request.Cgroups.Where(_host.Cgroups.IsUnified).Select(folder => new LaunchStep(LaunchOperation.JoinCgroup, folder)),
                    .. _mounts.Between,
                ],
                Beside = _spaces.Enter,
                Entry = groups.Enter,
                Inside = inside,
                Service = [.. OciService.Steps(process, _request, _seccomp, label.Write, _listener, _hooks.Start, _linux.Personality)],
                Command = [.. process.Args!],
                Environment = OciService.Environment(process, _request),
                Filter = _seccomp?.Program ?? [],
                Slots = _slots,
                Terminal = process.Terminal,
            },
        };
    }

    private int TakeSlot() => _slots++;

    private ImmutableArray<LaunchStep> Inside(OciProcess process, ImmutableArray<LaunchStep> label) =>
    [
        .. _spaces.NewUser ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.InnerRoot, X: 1)] : [],
        // Nothing of this reaches the host; what the host mounts later may still come, unless the root is private.
        new(LaunchOperation.Propagation, "/", X: (long)(Sys.MsRec | (_linux.RootfsPropagation is "private" or "rprivate" ? Sys.MsPrivate : Sys.MsSlave))),
        .. _mounts.Opened,
        .. label,
        new(LaunchOperation.RootTree, _rootfs),
        .. _mounts.Placed,
        .. OciMounts.BindsDev(_config) ? [] : OciDevices.Steps(_linux),
        .. process.Terminal ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.Terminal)] : [],
        .. process.Cwd is "/" ? [] : (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.Folder, process.Cwd!, X: 0b111_101_101)],
        .. string.IsNullOrEmpty(_config.Hostname) ? [] : (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.Hostname, _config.Hostname)],
        .. string.IsNullOrEmpty(_config.Domainname) ? [] : (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.DomainName, _config.Domainname)],
        .. (_spaces.New & Sys.CloneNewNet) != 0 ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.LoopbackUp)] : [],
        .. (_linux.Sysctl ?? ImmutableDictionary<string, string>.Empty).Select(pair => new LaunchStep(LaunchOperation.Sysctl, SysctlPath(pair.Key), pair.Value, Y: 1)),
        .. _hooks.Create,
        .. (_linux.ReadonlyPaths ?? []).Select(path => new LaunchStep(LaunchOperation.ReadOnlyPath, path)),
        .. (_linux.MaskedPaths ?? []).Select(path => new LaunchStep(LaunchOperation.Mask, path)),
        .. _config.Root!.Readonly ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.ReadOnlyRoot)] : [],
        new(_request.NoPivot ? LaunchOperation.MoveRoot : LaunchOperation.Pivot),
        .. RootPropagation(),
        .. _spaces.NewTime ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.TimeOffsets, Offsets())] : [],
    ];

    // After the pivot: what "/" is before it belongs to the host's tree.
    private ImmutableArray<LaunchStep> RootPropagation()
    {
        if (MountOptions.PropagationOf(_linux.RootfsPropagation ?? "") is not { } flag || flag == (ulong)Sys.MsPrivate)
            return [];
        var recursive = _linux.RootfsPropagation!.StartsWith('r') ? (ulong)Sys.MsRec : 0;
        return [new(LaunchOperation.Propagation, "/", X: (long)(flag | recursive))];
    }

    private string Offsets() => string.Concat((_linux.TimeOffsets ?? ImmutableDictionary<string, OciTimeOffset>.Empty)
        .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value.Secs} {pair.Value.Nanosecs}\n")));

    // With slashes in the key a dot is part of a name, such as an interface's.
    private static string SysctlPath(string key) => key.Contains('/', StringComparison.Ordinal) ? key : key.Replace('.', '/');
}
