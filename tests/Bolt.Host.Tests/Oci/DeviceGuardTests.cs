using System.Diagnostics;
using Bolt.Kernel;
using Bolt.Oci;

namespace Bolt.Host.Tests.Oci;

/// <summary>The kernel takes the device programs and does what they say; on a hybrid host too, which containers do not ask.</summary>
public class DeviceGuardTests
{
    private static readonly OciDeviceRule Nothing = new(false, null, null, null, "rwm");

    [Fact]
    public void A_program_is_set_and_replaced()
    {
        if (File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2") is not { } mount)
            return;
        if (!Bundle.IsRoot)
        {
            // Programs are root's: whoever else has a group is told so.
            Assert.NotEqual(Errno.None, DeviceGuard.Set(mount[1], DeviceProgram.ToBytes(DeviceProgram.Of([Nothing]))));
            return;
        }
        var minor = long.Parse(File.ReadLines("/proc/misc").Select(line => line.Trim().Split(' ')).First(fields => fields[1] is "cpu_dma_latency" or "loop-control" or "fuse")[0]);
        var group = Directory.CreateDirectory($"{mount[1]}/bolt-test-{Environment.ProcessId}-guard").FullName;
        try
        {
            Assert.Equal("no node, no node, null", Look(group, minor, [Nothing]));
            Assert.Equal("read, no, null", Look(group, minor, [Nothing, new(true, "c", 10, minor, "rm")]));
            Assert.Equal("read, written, null", Look(group, minor, [new(true, "a", null, null, "rwm")]));
            Assert.Equal("no, written, null", Look(group, minor, [new(true, "a", null, null, "rwm"), new(false, "c", 10, minor, "r")]));
        }
        finally
        {
            Directory.Delete(group);
        }
    }

    private static string Look(string group, long minor, OciDeviceRule[] rules)
    {
        // Without "all may make nodes", which a container's group ends with.
        var program = DeviceProgram.Of([.. rules, new(true, "c", 1, 3, "rwm")]);
        Assert.Equal(Errno.None, DeviceGuard.Set(group, DeviceProgram.ToBytes(program)));
        var folder = Directory.CreateTempSubdirectory("bolt-guard-");
        var node = folder.FullName + "/own";
        var script = $"""
            echo $$ > {group}/cgroup.procs
            mknod {node} c 10 {minor} 2>/dev/null
            if test ! -c {node}; then r='no node' w='no node'; else
              (: < {node}) 2>/dev/null && r=read || r=no
              (: > {node}) 2>/dev/null && w=written || w=no
            fi
            (: > /dev/null) && n=null
            echo "$r, $w, $n"
            """;
        try
        {
            using var shell = Process.Start(new ProcessStartInfo("/bin/busybox", ["sh", "-c", script]) { RedirectStandardOutput = true })!;
            var said = shell.StandardOutput.ReadToEnd().Trim();
            shell.WaitForExit();
            return said;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
