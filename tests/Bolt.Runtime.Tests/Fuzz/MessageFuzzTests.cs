using System.Collections.Immutable;
using Bolt.Diagnostics;
using Bolt.Launch;
using Bolt.Oci;

namespace Bolt.Runtime.Tests.Fuzz;

/// <summary>What comes over pipes and sockets, and config.json.</summary>
public class MessageFuzzTests
{
    private const long Megabyte = 1 << 20;

    private static readonly LaunchStep Step = new(LaunchOperation.Mount, "tmpfs", "/tmp", "mode=1777", X: 6, Y: -1, Z: 3);

    private static readonly CapsuleSheet Capsule = new()
    {
        Id = "web-1",
        Folder = "/run/bolt/web",
        Ids = new IdMap(1000, 1000, 100000, 100000, 65536),
        MapWay = IdMapWay.Programs,
        Namespaces = 0x6E020000,
        Slots = 3,
        Before = [Step],
        Inside = [Step, Step],
        Service = [new(LaunchOperation.Execute)],
        Command = ["/bin/web", ""],
        Environment = ["A=b c"],
        Filter = [1, 2, 3, 4, 5, 6, 7, 8],
        Cgroups = ["/sys/fs/cgroup/x"],
    };

    // A sheet's length, at most 16 MiB, is believed before its bytes have come, by each of six readers; what is made of them is strings and steps.
    [Fact]
    public void Order_sheets() => Hostile.Check(
        "sheets", [Capsule.ToMessage(), ShimReport.Success(7).ToMessage()], 6000, length => 6 * SheetReader.MaxLength + Megabyte + 64L * length, bytes =>
        {
            foreach (var read in (Action<SheetReader>[])
                [r => CapsuleSheet.Read(r), r => ContainerSheet.Read(r), r => FilesSheet.Read(r), r => SandboxSheet.Read(r), r => ReapSheet.Read(r), r => ShimReport.Read(r)])
            {
                try
                {
                    if (SheetReader.FromStream(new MemoryStream(bytes)) is { } reader)
                        read(reader);
                }
                catch (InvalidDataException)
                {
                    // Its way to refuse.
                }
            }
        });

    [Fact]
    public void Monitor_messages() => Hostile.Check(
        "monitor",
        [
            .. ((MonitorMessage[])
            [
                new MonitorMessage.Exec(["sh", "-c", "true"], ["A=b"], "web", "/", true, false, 80, 24), new MonitorMessage.Running("web-1", 7, 15, true, false),
                new MonitorMessage.Exited(new ExitRecord(null, 9, true, false, 1795518000123456)), new MonitorMessage.Failed("Mount", "/x", 13),
                new MonitorMessage.Input(new byte[] { 1, 2, 3 }), new MonitorMessage.Attach(80, 24), new MonitorMessage.Attached(5),
            ]).Select(MonitorCodec.Write),
        ],
        20_000, length => (64 << 10) + 64L * length, bytes => MonitorCodec.Read(bytes));

    [Fact]
    public void Config_json()
    {
        var host = OciHost.Read();
        Hostile.Check("oci", [Config], 6000, length => Megabyte + 512L * length, bytes =>
        {
            try
            {
                var config = OciConfigReader.Config(bytes, "config.json");
                var findings = OciCheck.Of(config, host).ToBuilder();
                if (config.Linux?.Seccomp is { } seccomp)
                    SeccompRules.Of(seccomp, findings);
                foreach (var mount in config.Mounts ?? [])
                    MountOptions.Of(mount?.Options ?? []);
                if (config.Linux?.Resources is { } resources)
                    Limits(resources);
            }
            catch (BoltException)
            {
                // Its way to refuse.
            }
        });
    }

    private static void Limits(OciResources resources)
    {
        foreach (var unified in (bool[])[true, false])
            CgroupLimits.Of(resources, unified, ImmutableArray.CreateBuilder<Diagnostic>());
    }

    private static readonly byte[] Config = System.Text.Encoding.UTF8.GetBytes("""
        {"ociVersion":"1.2.0","process":{"terminal":false,"cwd":"/","args":["sh"],"env":["PATH=/bin"],"user":{"uid":0,"gid":0,"additionalGids":[5]},
        "capabilities":{"bounding":["CAP_KILL"],"effective":["CAP_KILL"]},"rlimits":[{"type":"RLIMIT_NOFILE","hard":1024,"soft":512}],"oomScoreAdj":3,
        "scheduler":{"policy":"SCHED_BATCH","nice":3},"ioPriority":{"class":"IOPRIO_CLASS_BE","priority":4}},
        "root":{"path":"rootfs","readonly":true},"hostname":"x","domainname":"y",
        "mounts":[{"destination":"/proc","type":"proc","source":"proc","options":["nosuid","ro"]},{"destination":"/b","source":"/tmp","options":["rbind","idmap"]}],
        "hooks":{"prestart":[{"path":"/bin/true","args":["true"],"env":["A=b"],"timeout":5}],"poststop":[{"path":"/bin/true"}]},
        "annotations":{"a":"b"},
        "linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/proc/1/ns/net"},{"type":"user"},{"type":"time"}],
        "uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}],
        "devices":[{"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":438,"uid":0,"gid":0}],"cgroupsPath":"/a/b",
        "resources":{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":1000000,"swap":2000000},"cpu":{"shares":512,"quota":1000,"period":10000,"cpus":"0-1"},
        "pids":{"limit":5},"blockIO":{"weight":10,"weightDevice":[{"major":8,"minor":0,"weight":20}]},"hugepageLimits":[{"pageSize":"2MB","limit":5}],
        "unified":{"memory.high":"5"}},"sysctl":{"net.core.somaxconn":"5"},
        "seccomp":{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"flags":["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls":[{"names":["read","clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":5,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]}]},
        "rootfsPropagation":"slave","maskedPaths":["/proc/kcore"],"readonlyPaths":["/proc/sys"],"personality":{"domain":"LINUX"},
        "timeOffsets":{"monotonic":{"secs":5,"nanosecs":1}}}}
        """);
}
