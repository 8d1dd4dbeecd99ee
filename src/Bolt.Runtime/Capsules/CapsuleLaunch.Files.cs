using System.Collections.Immutable;
using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Capsules;

internal static partial class CapsuleLaunch
{
    // Docker's and containerd's lists (oci/spec_opts.go), as of the OCI runtime specification 1.2.
    private static readonly ImmutableArray<string> MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/kallsyms", "/proc/kmsg",
        "/sys/firmware", "/sys/devices/virtual/powercap", "/sys/kernel/debug", "/sys/kernel/security",
    ];

    private static readonly ImmutableArray<string> ReadOnlyPaths =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    private static readonly ImmutableArray<string> Devices = ["null", "zero", "full", "random", "urandom", "tty"];

    private sealed partial class CapsulePlan
    {
        private const long SafeMount = (long)(Sys.MsNoSuid | Sys.MsNoDev | Sys.MsNoExec);

        private ImmutableArray<LaunchStep> KernelFiles() =>
        [
            // A fresh procfs is allowed only while the host's is still fully in sight.
            new(LaunchOperation.Mount, "proc", "/proc", X: SafeMount),
            new(LaunchOperation.Mount, "sysfs", "/sys", X: SafeMount | (long)Sys.MsReadOnly),
            .. host.Unified
                ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.Mount, "cgroup2", "/sys/fs/cgroup", X: SafeMount | (long)Sys.MsReadOnly, Y: 1)]
                : [],
            new(LaunchOperation.Mount, "tmpfs", "/dev", "mode=0755,size=64k", X: (long)(Sys.MsNoSuid | Sys.MsNoExec)),
            .. Devices.Select(name => new LaunchStep(LaunchOperation.BindDevice, "/dev/" + name, "/dev/" + name)),
            new(LaunchOperation.Mount, "devpts", "/dev/pts",
                // gid 5 is tty wherever there is one; with a single id it does not exist.
                spec.Ids.Single ? "newinstance,ptmxmode=0666,mode=0620" : "newinstance,ptmxmode=0666,mode=0620,gid=5",
                X: (long)(Sys.MsNoSuid | Sys.MsNoExec)),
            new(LaunchOperation.Mount, "tmpfs", "/dev/shm", "mode=1777,size=64m", X: SafeMount),
            new(LaunchOperation.Mount, "mqueue", "/dev/mqueue", X: SafeMount),
            new(LaunchOperation.Link, "pts/ptmx", "/dev/ptmx"),
            new(LaunchOperation.Link, "/proc/self/fd", "/dev/fd"),
            new(LaunchOperation.Link, "/proc/self/fd/0", "/dev/stdin"),
            new(LaunchOperation.Link, "/proc/self/fd/1", "/dev/stdout"),
            new(LaunchOperation.Link, "/proc/self/fd/2", "/dev/stderr"),
            .. spec.Terminal ? (ReadOnlySpan<LaunchStep>)[new(LaunchOperation.Terminal)] : [],
        ];

        private ImmutableArray<LaunchStep> Names() => spec.BareNames ? [] :
        [
            new(LaunchOperation.File, "/etc/hostname", spec.Hostname + "\n", X: 0b110_100_100),
            .. spec.Seat is null
                ? (ReadOnlySpan<LaunchStep>)
                [
                    new(LaunchOperation.File, "/etc/hosts",
                        $"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {spec.Hostname}\n", X: 0b110_100_100),
                ]
                : [],
        ];
    }

    /// <summary>What is mounted from the host: who opens it when, and where it goes.</summary>
    private sealed class MountPlan
    {
        private readonly ImmutableArray<LaunchStep>.Builder _before = ImmutableArray.CreateBuilder<LaunchStep>();
        private readonly ImmutableArray<LaunchStep>.Builder _between = ImmutableArray.CreateBuilder<LaunchStep>();
        private readonly ImmutableArray<LaunchStep>.Builder _opened = ImmutableArray.CreateBuilder<LaunchStep>();
        private readonly ImmutableArray<LaunchStep>.Builder _staged = ImmutableArray.CreateBuilder<LaunchStep>();
        private readonly ImmutableArray<LaunchStep>.Builder _placed = ImmutableArray.CreateBuilder<LaunchStep>();
        private readonly bool _root;

        public MountPlan(CapsuleSpec spec, ObservedHost host, Func<int> takeSlot)
        {
            _root = host.Root;
            if (spec.Seat is { } seat)
            {
                Place(takeSlot(), seat.HostsFile, "/etc/hosts", readOnly: true, idMapped: false);
                Place(takeSlot(), seat.ResolvConf, "/etc/resolv.conf", readOnly: true, idMapped: false);
            }

            foreach (var mount in spec.Mounts)
            {
                if (mount is CapsuleMount.Tmpfs tmpfs)
                    _placed.Add(TmpfsStep(tmpfs));
                else if (mount is CapsuleMount.Bind bind)
                    Place(takeSlot(), bind.Source, bind.Target, bind.ReadOnly, idMapped: true);
                else if (mount is CapsuleMount.Volume volume)
                    Place(takeSlot(), volume.Source, volume.Target, volume.ReadOnly, idMapped: false);
                else if (mount is CapsuleMount.Copy copy)
                    PlaceCopy(spec, copy, takeSlot);
            }
        }

        public ImmutableArray<LaunchStep> Before => _before.ToImmutable();
        public ImmutableArray<LaunchStep> Between => _between.ToImmutable();
        public ImmutableArray<LaunchStep> Opened => _opened.ToImmutable();
        public ImmutableArray<LaunchStep> Staged => _staged.ToImmutable();
        public ImmutableArray<LaunchStep> Placed => _placed.ToImmutable();

        private void PlaceCopy(CapsuleSpec spec, CapsuleMount.Copy copy, Func<int> takeSlot)
        {
            var work = $"{copy.Upper}/work.{spec.Id}";
            foreach (var (folder, mode) in (ReadOnlySpan<(string, int)>)[(copy.Upper, 0b111_001_001), (copy.Upper + "/upper", 0b111_101_101), (work, 0b111_101_101)])
                _before.Add(new(LaunchOperation.MakeFolder, folder, X: mode, Y: spec.Ids.HostUid, Z: spec.Ids.HostGid));
            var first = -1;
            foreach (var lower in copy.Lowers.Reverse())
            {
                var slot = takeSlot();
                first = first < 0 ? slot : first;
                _opened.Add(new(LaunchOperation.OpenPath, lower, X: slot));
            }
            int upper = takeSlot(), workSlot = takeSlot(), tree = takeSlot();
            _opened.Add(new(LaunchOperation.OpenPath, copy.Upper + "/upper", X: upper));
            _opened.Add(new(LaunchOperation.OpenPath, work, X: workSlot));
            // An overlay shows the owner and mode that its upper folder has.
            _opened.Add(new(LaunchOperation.Liken, X: first, Y: upper));
            var stage = $"{spec.Folder}/copy{tree}";
            _staged.Add(new(LaunchOperation.MakeStage, stage, X: 0b111_101_101));
            _staged.Add(new(LaunchOperation.Overlay, stage, VolatileOverlay, X: first, Y: copy.Lowers.Length, Z: upper));
            _staged.Add(new(LaunchOperation.OpenTree, stage, X: tree));
            _staged.Add(new(LaunchOperation.SetTree, stage, X: tree, Y: (long)(Sys.AttrNoSuid | Sys.AttrNoDev | (copy.ReadOnly ? Sys.AttrReadOnly : 0))));
            _placed.Add(new(LaunchOperation.Place, copy.Target, X: tree));
        }

        // Root opens as root: inner 0 is nobody on the host, and may not walk to it. An ordinary user is inner 0, and may
        // copy mounts only inside the namespace.
        private void Place(int slot, string source, string target, bool readOnly, bool idMapped)
        {
            var attributes = Sys.AttrNoSuid | Sys.AttrNoDev | (readOnly ? Sys.AttrReadOnly : 0) | (idMapped && _root ? Sys.AttrIdMap : 0);
            (_root ? _before : _opened).Add(new(LaunchOperation.OpenTree, source, X: slot, Y: 1));
            (_root ? _between : _opened).Add(new(LaunchOperation.SetTree, source, X: slot, Y: (long)attributes));
            _placed.Add(new(LaunchOperation.Place, target, X: slot));
        }

        private static LaunchStep TmpfsStep(CapsuleMount.Tmpfs tmpfs)
        {
            var size = tmpfs.Size > 0 ? $",size={tmpfs.Size}" : "";
            return new(LaunchOperation.Mount, "tmpfs", tmpfs.Target, $"mode={Convert.ToString(tmpfs.Mode, 8)}{size}", X: (long)(Sys.MsNoSuid | Sys.MsNoDev));
        }
    }
}
