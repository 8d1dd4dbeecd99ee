using System.Collections.Frozen;
using Bolt.Kernel;

namespace Bolt.Oci;

/// <summary>The options of a mount, sorted by who takes them (config.md#mounts): mount(2), mount_setattr(2), the file system.</summary>
internal sealed record MountOptions
{
    private const ulong NoSymlinkFollow = 0x200000, NoDirAtime = 0x80, AtimeMask = 0x70, NoAtime = 0x10, StrictAtime = 0x20;

    /// <summary>MS_ flags.</summary>
    public ulong Flags { get; private init; }
    /// <summary>MOUNT_ATTR_ to set and to clear on the mount itself.</summary>
    public ulong Set { get; private init; }
    public ulong Clear { get; private init; }
    /// <summary>The same for it and all below it (rro, rnoexec, …).</summary>
    public ulong SetBelow { get; private init; }
    public ulong ClearBelow { get; private init; }
    /// <summary>MS_ propagation, and whether of all below.</summary>
    public ulong Propagation { get; private init; }
    public bool PropagationBelow { get; private init; }
    public bool Bind { get; private init; }
    public bool Recursive { get; private init; }
    public bool CopyUp { get; private init; }
    public bool IdMap { get; private init; }
    public bool IdMapBelow { get; private init; }
    public bool ReadOnly => (Flags & (ulong)Sys.MsReadOnly) != 0;
    /// <summary>What is left is the file system's.</summary>
    public string Data { get; private init; } = "";

    // Name, MS_ flag, MOUNT_ATTR_ value, the bits of it to clear first, and whether the option takes it away.
    private static readonly FrozenDictionary<string, (ulong Flag, ulong Attribute, ulong Mask, bool Off)> Attributes =
        new Dictionary<string, (ulong, ulong, ulong, bool)>
        {
            ["ro"] = ((ulong)Sys.MsReadOnly, Sys.AttrReadOnly, 0, false),
            ["rw"] = ((ulong)Sys.MsReadOnly, Sys.AttrReadOnly, 0, true),
            ["nosuid"] = ((ulong)Sys.MsNoSuid, Sys.AttrNoSuid, 0, false),
            ["suid"] = ((ulong)Sys.MsNoSuid, Sys.AttrNoSuid, 0, true),
            ["nodev"] = ((ulong)Sys.MsNoDev, Sys.AttrNoDev, 0, false),
            ["dev"] = ((ulong)Sys.MsNoDev, Sys.AttrNoDev, 0, true),
            ["noexec"] = ((ulong)Sys.MsNoExec, Sys.AttrNoExec, 0, false),
            ["exec"] = ((ulong)Sys.MsNoExec, Sys.AttrNoExec, 0, true),
            ["nodiratime"] = (2048, NoDirAtime, 0, false),
            ["diratime"] = (2048, NoDirAtime, 0, true),
            ["noatime"] = (1024, NoAtime, AtimeMask, false),
            ["atime"] = (1024, 0, AtimeMask, true),
            ["relatime"] = ((ulong)Sys.MsRelatime, 0, AtimeMask, false),
            ["norelatime"] = ((ulong)Sys.MsRelatime, 0, AtimeMask, true),
            ["strictatime"] = ((ulong)Sys.MsStrictAtime, StrictAtime, AtimeMask, false),
            ["nostrictatime"] = ((ulong)Sys.MsStrictAtime, 0, AtimeMask, true),
            ["nosymfollow"] = (256, NoSymlinkFollow, 0, false),
            ["symfollow"] = (256, NoSymlinkFollow, 0, true),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, (ulong Flag, bool Off)> FileSystemFlags = new Dictionary<string, (ulong, bool)>
    {
        ["defaults"] = (0, false),
        ["sync"] = (16, false),
        ["async"] = (16, true),
        ["dirsync"] = (128, false),
        ["mand"] = (64, false),
        ["nomand"] = (64, true),
        ["iversion"] = (1 << 23, false),
        ["noiversion"] = (1 << 23, true),
        ["lazytime"] = (1 << 25, false),
        ["nolazytime"] = (1 << 25, true),
        ["silent"] = (1 << 15, false),
        ["loud"] = (1 << 15, true),
        ["remount"] = (32, false),
        ["acl"] = (1 << 16, false),
        ["noacl"] = (1 << 16, true),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All that are not a file system's.</summary>
    public static IEnumerable<string> Names => Attributes.Keys.Concat(Attributes.Keys.Select(name => "r" + name)).Concat(FileSystemFlags.Keys)
        .Concat(["bind", "rbind", "tmpcopyup", "idmap", "ridmap", "shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable"])
        .Order(StringComparer.Ordinal);

    public static MountOptions Of(IEnumerable<string> options)
    {
        var read = new MountOptions();
        var data = new List<string>();
        foreach (var option in options)
            read = read.With(option, data);
        return read with { Data = string.Join(',', data) };
    }

    private MountOptions With(string option, List<string> data)
    {
        if (Attributes.TryGetValue(option, out var one))
            return this with
            {
                Flags = one.Off ? Flags & ~one.Flag : Flags | one.Flag,
                Set = one.Off ? Set & ~one.Attribute : (Set & ~one.Mask) | one.Attribute,
                Clear = (one.Off ? Clear | one.Attribute : Clear & ~one.Attribute) | one.Mask,
            };
        if (option.StartsWith('r') && Attributes.TryGetValue(option[1..], out var all))
            return this with
            {
                SetBelow = all.Off ? SetBelow & ~all.Attribute : (SetBelow & ~all.Mask) | all.Attribute,
                ClearBelow = (all.Off ? ClearBelow | all.Attribute : ClearBelow & ~all.Attribute) | all.Mask,
            };
        if (FileSystemFlags.TryGetValue(option, out var flag))
            return this with { Flags = flag.Off ? Flags & ~flag.Flag : Flags | flag.Flag };
        if (PropagationOf(option) is { } propagation)
            return this with { Propagation = propagation, PropagationBelow = option[0] == 'r' };
        switch (option)
        {
            case "bind" or "rbind":
                return this with { Bind = true, Recursive = Recursive || option == "rbind" };
            case "tmpcopyup":
                return this with { CopyUp = true };
            case "idmap" or "ridmap":
                return this with { IdMap = true, IdMapBelow = option == "ridmap" };
            default:
                data.Add(option);
                return this;
        }
    }

    /// <summary>MS_ propagation by its name in config.json, recursive or not; null when it is none.</summary>
    public static ulong? PropagationOf(string name) => name switch
    {
        "shared" or "rshared" => (ulong)Sys.MsShared,
        "slave" or "rslave" => (ulong)Sys.MsSlave,
        "private" or "rprivate" => (ulong)Sys.MsPrivate,
        "unbindable" or "runbindable" => (ulong)Sys.MsUnbindable,
        _ => null,
    };
}
