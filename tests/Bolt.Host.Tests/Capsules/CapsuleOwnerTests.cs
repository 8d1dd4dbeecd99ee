using System.Diagnostics;
using System.Globalization;
using Bolt.Capsules;

namespace Bolt.Host.Tests.Capsules;

public class CapsuleOwnerTests
{
    [Fact]
    public async Task Its_capsule_dies_with_a_killed_monitor_and_the_owner_is_told()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync(room.Spec("sleep", "1000") with { Limits = new CapsuleLimits(Pids: 100, BestEffort: true) });
        var end = capsule.WaitAsync(CapsuleRoom.Token);
        Kill(ParentOf(capsule.Pid));
        var exit = await end;
        Assert.Equal((9, true), (exit.Signal, exit.MonitorDied));
        Assert.Contains(StateOf(capsule.Pid), "ZX");
        Assert.Null(Capsule.TryAdopt(capsule.Folder));
        Assert.Equal(exit, Capsule.ReadExit(capsule.Folder));
        var cgroups = Path.Combine(capsule.Folder, "cgroups");
        Assert.All(File.Exists(cgroups) ? File.ReadAllLines(cgroups) : [], cgroup => Assert.False(Directory.Exists(cgroup)));
    }

    [Fact]
    public async Task A_killed_owner_takes_its_capsule_and_its_folder_along()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var spec = room.Spec("sleep", "1000");
        var (owner, shim) = await ForeignOwnerAsync(room, spec);
        var capsule = Capsule.TryAdopt(spec.Folder)!;
        owner.Kill();
        await shim.WaitForExitAsync(CapsuleRoom.Token);
        Assert.False(Directory.Exists(spec.Folder));
        Assert.Contains(StateOf(capsule.Pid), "ZX");
    }

    [Fact]
    public async Task A_detached_capsule_outlives_its_owner_and_is_adopted()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var spec = room.Spec("sh", "-c", "trap 'exit 3' TERM; echo up; sleep 1000 & wait") with { DieWithOwner = false };
        var (owner, shim) = await ForeignOwnerAsync(room, spec);
        owner.Kill();
        await owner.WaitForExitAsync(CapsuleRoom.Token);
        var capsule = Capsule.TryAdopt(spec.Folder)!;
        Assert.Equal(spec.Id, capsule.Id);
        await CapsuleLifeTests.LineAsync(capsule, "up");
        Assert.Equal(0, (await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("true"))).Code);
        Assert.Equal(3, (await capsule.StopAsync(TimeSpan.FromMinutes(1), CapsuleRoom.Token)).Code);
        await shim.WaitForExitAsync(CapsuleRoom.Token);
    }

    // Two shells: one is the shim's owner, whose pipe is a fifo, because a pipe of this process would not end with it.
    private static async Task<(Process Owner, Process Shim)> ForeignOwnerAsync(CapsuleRoom room, CapsuleSpec spec)
    {
        Directory.CreateDirectory(spec.Folder);
        var (fifo, sheet) = (Path.Combine(room.Folder, "fifo"), Path.Combine(room.Folder, "sheet"));
        File.WriteAllBytes(sheet, CapsuleLaunch.Plan(spec, ObservedHost.Read()).Value!.ToMessage());
        Shell($"mkfifo {fifo}", room.Folder).WaitForExit();
        var shim = Shell($"exec {room.ShimPath} capsule < {fifo}", spec.Folder);
        var owner = Shell($"exec > {fifo}; cat {sheet}; exec sleep 1000", room.Folder);
        await shim.StandardOutput.BaseStream.ReadExactlyAsync(new byte[8], CapsuleRoom.Token);
        return (owner, shim);
    }

    private static Process Shell(string script, string folder) =>
        Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { WorkingDirectory = folder, RedirectStandardOutput = !script.Contains("exec >", StringComparison.Ordinal) })!;

    private static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    internal static int ParentOf(int pid) => int.Parse(Stat(pid)[1], CultureInfo.InvariantCulture);

    // A dead child that no one has collected yet is a Z; X: not even that is left.
    private static string StateOf(int pid) => File.Exists($"/proc/{pid}/stat") ? Stat(pid)[0] : "X";

    private static string[] Stat(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }
}
