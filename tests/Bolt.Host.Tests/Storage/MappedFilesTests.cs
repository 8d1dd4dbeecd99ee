using System.Diagnostics;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Capsules;
using Bolt.Storage;

namespace Bolt.Host.Tests.Storage;

public class MappedFilesTests
{
    private const uint Private = 0b111_000_000;

    [Fact]
    public async Task Owners_are_those_that_a_capsule_sees()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var etc = Path.Combine(room.Root, "etc");
        await room.Files.MakeFolderAsync(Path.Combine(etc, "made"), 0, 0, Private, CapsuleRoom.Token);
        await room.Files.ApplyAsync(room.Root, [new OwnedEntry("etc/group", room.Ids.Count > 0 ? 33u : 0, 0, 0b100_100_100_000)], CapsuleRoom.Token);
        var (_, output, _) = await room.RunAsync("ls", "-ln", "/etc");
        Assert.Matches($"-r-Sr----- +1 +{(room.Ids.Count > 0 ? 33 : 0)} +0 .* group", output.Replace("\r", "", StringComparison.Ordinal));
        Assert.Matches("drwx------ +[0-9]+ +0 +0 .* made", output);
    }

    [Fact]
    public async Task A_link_out_of_the_root_leads_into_it()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var target = Path.Combine(room.Folder, "outside");
        File.WriteAllText(target, "kept");
        var mode = File.GetUnixFileMode(target);
        File.CreateSymbolicLink(Path.Combine(room.Root, "escape"), room.Folder);
        File.CreateSymbolicLink(Path.Combine(room.Root, "last"), target);
        var thrown = await Assert.ThrowsAsync<BoltException>(
            () => room.Files.ApplyAsync(room.Root, [new OwnedEntry("escape/outside", 0, 0, 0)], CapsuleRoom.Token));
        Assert.Equal("BOLT3903", thrown.Diagnostic.Code);
        await room.Files.ApplyAsync(room.Root, [new OwnedEntry("last", 0, 0, 0)], CapsuleRoom.Token);
        Assert.Equal(mode, File.GetUnixFileMode(target));
    }

    [Fact]
    public async Task A_deep_tree_with_closed_folders_is_deleted_and_links_are_not_followed()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var tree = Path.Combine(room.Folder, "tree");
        var kept = Path.Combine(room.Folder, "kept");
        Directory.CreateDirectory(tree);
        Directory.CreateDirectory(kept);
        File.WriteAllText(Path.Combine(kept, "file"), "kept");
        using (var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "ln -s ../kept k; mkdir -p $(printf 'd/%.0s' $(seq 1900)); mkdir closed; echo > d/d/d/f; chmod 0 closed d/d"]) { WorkingDirectory = tree })!)
            await shell.WaitForExitAsync(CapsuleRoom.Token);
        await room.Files.DeleteTreeAsync(tree, CapsuleRoom.Token);
        Assert.False(Directory.Exists(tree));
        Assert.True(File.Exists(Path.Combine(kept, "file")));
        await room.Files.DeleteTreeAsync(tree, CapsuleRoom.Token);
    }

    [Fact]
    public async Task A_copy_keeps_owners_modes_links_and_times()
    {
        await using var room = await CapsuleRoom.OpenAsync();
        var source = Path.Combine(room.Folder, "source");
        Directory.CreateDirectory(Path.Combine(source, "inner"));
        File.WriteAllText(Path.Combine(source, "inner/file"), new string('x', 100_000));
        using (var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "ln inner/file hard; ln -s inner/file soft; mkfifo pipe; touch -d @1000000000 inner/file inner"]) { WorkingDirectory = source })!)
            await shell.WaitForExitAsync(CapsuleRoom.Token);
        await room.Files.ApplyAsync(source, [new OwnedEntry("inner/file", 0, 0, 0b110_100_000), new OwnedEntry("inner", 0, 0, 0b111_101_101), new OwnedEntry(".", 0, 0, 0b111_101_101)], CapsuleRoom.Token);
        var target = Path.Combine(room.Root, "copy");
        await room.Files.CopyTreeAsync(source, target, CapsuleRoom.Token);
        var (_, output, error) = await room.RunAsync("sh", "-c", "cd /copy; ls -ln inner; ls -l pipe; test hard -ef inner/file && echo linked; ls -l soft; wc -c < soft");
        Assert.Equal("", error);
        Assert.Matches("-rw-r----- +2 +0 +0 +100000 Sep +9 +2001 file", output);
        Assert.Contains("linked", output, StringComparison.Ordinal);
        Assert.Contains("soft -> inner/file", output, StringComparison.Ordinal);
        Assert.Matches("\\n100000\\n$", output);
        Assert.Matches("prw", output);
    }
}
