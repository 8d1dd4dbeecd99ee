using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Bolt.Diagnostics;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

/// <summary>From what a capsule is to be, and what the host is, to the shim's order sheet. Pure: it only decides.</summary>
internal static partial class CapsuleLaunch
{
    /// <summary>Where sd_notify(3) messages go: an abstract socket, so that nothing of the image is in the way.</summary>
    private const string NotifyName = "bolt/notify";

    private const string VolatileOverlay = ",userxattr,volatile";

    private static string WorkFolder(CapsuleSpec spec, string upper) => upper + (spec.Volatile ? "/work." + spec.Id : "/work");

    public static Checked<CapsuleSheet> Plan(CapsuleSpec spec, ObservedHost host)
    {
        var findings = ImmutableArray.CreateBuilder<Diagnostic>();
        var capabilities = spec.Capabilities is { } named ? CapabilitySet.Of(named, out var unknown) : Unknown(out unknown);
        if (unknown is not null)
            findings.Add(CapsuleErrors.UnknownCapability(spec.Id, unknown));
        findings.AddRange(spec.Mounts.Where(mount => !IsTarget(mount.Target)).Select(mount => CapsuleErrors.BadTarget(spec.Id, mount.Target)));
        findings.AddRange(spec.Sysctls.Where(pair => !IsNamespaced(pair.Key)).Select(pair => CapsuleErrors.HostSysctl(spec.Id, pair.Key)));
        var cgroups = CgroupPlan.Of(spec, host, findings);
        var sheet = new CapsulePlan(spec, host, cgroups, capabilities).ToSheet();
        return new Checked<CapsuleSheet>(sheet, findings.ToImmutable());
    }

    private static ulong Unknown(out string? unknown)
    {
        unknown = null;
        return CapabilitySet.Default;
    }

    // "/" would hide the image, and /proc and /sys are the kernel's: what is masked there must stay masked.
    private static bool IsTarget(string target)
    {
        if (!target.StartsWith('/') || target.Contains('\0'))
            return false;
        var parts = target.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 0 && !parts.Contains("..") && parts[0] is not ("proc" or "sys" or ".");
    }

    // Docker's list of what is each container's own (ipc_namespaces(7), network_namespaces(7)).
    private static bool IsNamespaced(string key) =>
        key.StartsWith("net.", StringComparison.Ordinal) || key.StartsWith("fs.mqueue.", StringComparison.Ordinal)
        || key is "kernel.msgmax" or "kernel.msgmnb" or "kernel.msgmni" or "kernel.sem" or "kernel.shmall" or "kernel.shmmax"
            or "kernel.shmmni" or "kernel.shm_rmid_forced";

    /// <summary>The steps of one capsule, in their forced order.</summary>
    private sealed partial class CapsulePlan(CapsuleSpec spec, ObservedHost host, CgroupPlan cgroups, ulong capabilities)
    {
        private int _slots;

        public CapsuleSheet ToSheet()
        {
            var mounts = new MountPlan(spec, host, TakeSlot);
            var inside = Inside(mounts);
            var groups = EnteredGroups.Of(cgroups.Entered, TakeSlot);
            return new CapsuleSheet
            {
                Id = spec.Id,
                Folder = spec.Folder,
                Ids = spec.Ids,
                MapWay = spec.Seat is not null ? IdMapWay.Joined
                    : host.Root || spec.Ids.Single ? IdMapWay.Direct : IdMapWay.Programs,
                SandboxPid = spec.Seat?.SandboxPid ?? 0,
                Namespaces = Sys.CloneNewMounts | Sys.CloneNewPid | Sys.CloneNewUts | Sys.CloneNewIpc | Sys.CloneNewNet
                    | Sys.CloneNewCgroup | (spec.Seat is null ? Sys.CloneNewUser : 0),
                Before = [.. cgroups.Before, .. groups.Open, .. UpperFolders(), .. mounts.Before],
                Between = [.. cgroups.Between, .. mounts.Between],
                Beside = spec.Seat is { } seat
                    ? [new(LaunchOperation.CreateVeth, seat.Bridge, seat.VethName, X: seat.Mtu)]
                    : [],
                Entry = groups.Enter,
                Inside = inside,
                Service = Service(),
                Command = spec.Command,
                Environment = spec.Notify ? [.. spec.Environment, "NOTIFY_SOCKET=@" + NotifyName] : spec.Environment,
                Filter = SeccompProfile.Program,
                Slots = _slots,
                Terminal = spec.Terminal,
                StdinOpen = spec.StdinOpen,
                Notify = spec.Notify,
                DieWithOwner = spec.DieWithOwner,
                StopSignal = spec.StopSignal,
                LogRotateBytes = spec.LogRotateBytes,
                Cgroups = cgroups.Folders,
                OutOfMemoryFile = cgroups.OutOfMemoryFile,
            };
        }

        private int TakeSlot() => _slots++;

        private ImmutableArray<LaunchStep> UpperFolders() => spec.Upper is not { } upper ? [] :
        [
            new(LaunchOperation.MakeFolder, upper, X: 0b111_001_001, Y: spec.Ids.HostUid, Z: spec.Ids.HostGid),
            new(LaunchOperation.MakeFolder, upper + "/upper", X: 0b111_101_101, Y: spec.Ids.HostUid, Z: spec.Ids.HostGid),
            new(LaunchOperation.MakeFolder, WorkFolder(spec, upper), X: 0b111_101_101, Y: spec.Ids.HostUid, Z: spec.Ids.HostGid),
        ];

        private ImmutableArray<LaunchStep> Inside(MountPlan mounts) =>
        [
            new(LaunchOperation.SlaveMounts),
            .. Root(mounts),
            .. KernelFiles(),
            .. Names(),
            .. mounts.Placed,
            .. spec.WorkingDirectory == "/" ? [] : (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.Folder, spec.WorkingDirectory, X: 0b111_101_101)],
            new(LaunchOperation.Hostname, spec.Hostname),
            .. Network(),
            .. Sysctls(),
            // Masks after everything that writes below /proc and after the mounts that must not lie over them.
            .. MaskedPaths.Select(path => new LaunchStep(LaunchOperation.Mask, path)),
            .. ReadOnlyPaths.Select(path => new LaunchStep(LaunchOperation.ReadOnly, path)),
            .. spec.ReadOnlyRoot ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.ReadOnlyRoot)] : [],
            new(LaunchOperation.Pivot),
        ];

        // Everything on the host is opened before the stage, a tmpfs over the capsule's folder, hides that folder.
        private ImmutableArray<LaunchStep> Root(MountPlan mounts)
        {
            var steps = ImmutableArray.CreateBuilder<LaunchStep>();
            steps.AddRange(mounts.Opened);
            var lowest = _slots;
            foreach (var layer in spec.Layers.Reverse())
                steps.Add(new(LaunchOperation.OpenPath, layer, X: TakeSlot()));
            int upper = TakeSlot(), work = TakeSlot();
            if (spec.Upper is { } kept)
            {
                steps.Add(new(LaunchOperation.OpenPath, kept + "/upper", X: upper));
                steps.Add(new(LaunchOperation.OpenPath, WorkFolder(spec, kept), X: work));
            }

            steps.Add(new(LaunchOperation.MountHost, "tmpfs", spec.Folder, "mode=0755", X: (long)(Sys.MsNoSuid | Sys.MsNoDev)));
            if (spec.Upper is null)
            {
                foreach (var (name, slot) in (ReadOnlySpan<(string, int)>)[("upper", upper), ("work", work)])
                {
                    steps.Add(new(LaunchOperation.MakeStage, $"{spec.Folder}/{name}", X: 0b111_101_101));
                    steps.Add(new(LaunchOperation.OpenPath, $"{spec.Folder}/{name}", X: slot));
                }
            }

            steps.Add(new(LaunchOperation.MakeStage, spec.Folder + "/root", X: 0b111_101_101));
            // userxattr: the only kind of whiteouts and opaque folders that a user namespace may write. volatile: what ends
            // with the capsule needs no fsync; the mark of such a mount is in its work folder, so each has its own.
            steps.Add(new(LaunchOperation.Overlay, spec.Folder + "/root", spec.Upper is null || spec.Volatile ? VolatileOverlay : ",userxattr",
                X: lowest, Y: spec.Layers.Length, Z: upper));
            steps.AddRange(mounts.Staged);
            steps.Add(new(LaunchOperation.OpenRoot, spec.Folder + "/root"));
            return steps.ToImmutable();
        }

        private ImmutableArray<LaunchStep> Network() => spec.Seat is not { } seat ? [new(LaunchOperation.LoopbackUp), .. Notify()] :
        [
            new(LaunchOperation.LoopbackUp),
            new(LaunchOperation.Address, X: Number(seat.Address), Y: seat.PrefixLength, Z: Number(seat.Gateway)),
            .. Notify(),
        ];

        private ImmutableArray<LaunchStep> Notify() => spec.Notify ? [new(LaunchOperation.NotifySocket, NotifyName)] : [];

        private ImmutableArray<LaunchStep> Sysctls() =>
        [
            // So that neither a low port nor a ping needs a capability. Kernels before 4.11 have no such port limit.
            new(LaunchOperation.Sysctl, "net.ipv4.ip_unprivileged_port_start", "0", X: 1),
            new(LaunchOperation.Sysctl, "net.ipv4.ping_group_range", string.Create(CultureInfo.InvariantCulture, $"0 {spec.Ids.Count}"), X: 1),
            .. spec.Sysctls.Select(pair => new LaunchStep(LaunchOperation.Sysctl, pair.Key, pair.Value)),
        ];

        private ImmutableArray<LaunchStep> Service() =>
        [
            new(LaunchOperation.Session),
            new(LaunchOperation.Limit, "nofile", X: 7, Y: 65536, Z: 1 << 20),
            new(LaunchOperation.Limit, "core", X: 4, Y: 0, Z: -1),
            new(LaunchOperation.Keyring),
            // A nested user namespace comes with all capabilities: the bounding set is cut after it, and before the uid that
            // may not cut it any more.
            new(LaunchOperation.User, spec.User, X: spec.Ids.Single ? 1 : 0),
            new(LaunchOperation.BoundingSet, X: (long)capabilities),
            new(LaunchOperation.Identity),
            new(LaunchOperation.Capabilities, X: (long)capabilities),
            new(LaunchOperation.NoNewPrivileges),
            // With the service's own rights, and not with root's.
            new(LaunchOperation.WorkingFolder, spec.WorkingDirectory),
            new(LaunchOperation.Filter),
            new(LaunchOperation.Execute),
        ];

        private static long Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
    }
}
