using Bolt.Kernel;
using Bolt.Launch;

namespace Bolt.Host.Tests.Capsules;

/// <summary>landlock(7) around the process that watches a capsule, and around nothing else.</summary>
public sealed class ConfinementTests
{
    /// <summary>Whatever it may be led to: here by a link in the place of the file that it writes at the end.</summary>
    [Fact]
    public async Task A_monitor_writes_nowhere_but_in_its_folder()
    {
        Assert.SkipWhen(Landlock.Version == 0, "BOLT9117: the kernel has no Landlock");
        await using var room = await CapsuleRoom.OpenAsync();
        var other = Path.Combine(room.Folder, "other");
        await File.WriteAllTextAsync(other, "kept", CapsuleRoom.Token);
        var led = await room.StartAsync("sleep", "1000");
        File.CreateSymbolicLink(Path.Combine(led.Folder, "exit.new"), other);
        using var monitor = Pidfd.Open(ProcessTable.Find(led.Pid)!.Parent)!;
        await led.SignalAsync(9, CapsuleRoom.Token);
        Assert.True(Pidfd.HasEnded(monitor, 60_000));
        Assert.Equal("kept", await File.ReadAllTextAsync(other, CapsuleRoom.Token));
        Assert.False(File.Exists(Path.Combine(led.Folder, "exit")));
        // What it is there for it does.
        var plain = await room.StartAsync("sleep", "1000");
        await plain.SignalAsync(9, CapsuleRoom.Token);
        await plain.WaitAsync(CapsuleRoom.Token);
        Assert.NotNull(ExitRecord.Parse(await File.ReadAllTextAsync(Path.Combine(plain.Folder, "exit"), CapsuleRoom.Token)));
    }

    /// <summary>A child of a confined thread could neither write below its own root nor listen.</summary>
    [Fact]
    public async Task Commands_are_confined_by_their_capsule_alone()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var capsule = await room.StartAsync("sleep", "1000");
        const string script = "echo x >/usr/f && cat /usr/f; /bin/busybox timeout 1 /bin/busybox nc -l -p 8080 >/tmp/said 2>&1; cat /tmp/said";
        var (_, output, error) = await CapsuleRoom.ExecAsync(capsule, CapsuleRoom.Command("sh", "-c", script));
        Assert.Equal(("x\n", ""), (output.Replace("Terminated\n", "", StringComparison.Ordinal), error));
        await capsule.StopAsync(TimeSpan.Zero, CapsuleRoom.Token);
    }
}
