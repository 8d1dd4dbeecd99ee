using Bolt.Builds;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Registries;
using Bolt.Storage;

namespace Bolt.Host.Tests.Builds;

/// <summary>bolt.lock names all that a project takes from elsewhere, and nothing else is taken.</summary>
public sealed class LockTests : IAsyncDisposable
{
    private readonly LockRoom room = new();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task Everything_that_comes_from_elsewhere_is_written_and_nothing_is_built()
    {
        room.Write("net/net.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ContainerBaseImage>{room.Host}/x:net</ContainerBaseImage></PropertyGroup></Project>
            """);
        room.Write("Boltfile.toml", File.ReadAllText(room.Project + "/Boltfile.toml") + $"[services.web]\nimage = \"{room.Host}/x:web\"\n[services.net]\nbuild = \"./net\"\n");
        var report = await room.LockAsync();
        var @lock = BoltLock.Read(room.Lock).Value!;
        Assert.Equal([$"{room.Host}/x:1", $"{room.Host}/x:2", $"{room.Host}/x:net", $"{room.Host}/x:web"], @lock.Images.Keys);
        Assert.All(@lock.Images.Values, d => Assert.Equal(Digest.Of(room.Image.Manifest), d));
        Assert.Equal(("tool", "1.0"), (@lock.Pins["tool/amd64"].Packages.Packages.Single().Name, @lock.Pins["tool/amd64"].Packages.Version));
        Assert.Equal(Digest.Of("one"u8), @lock.Sources[$"http://{room.Host}{LockRoom.Address}"]);
        Assert.Equal(("added", 6), (report.Changes.Select(c => c.Kind).Distinct().Single(), report.Changes.Length));
        Assert.False(Directory.Exists(room.Folder + "/one/state/steps"));
        Assert.False(Directory.Exists(room.Project + "/net/obj"));

        // A second time nothing changes, whatever the tags stand for by now.
        var (text, before) = (File.ReadAllBytes(room.Lock), room.Image);
        room.Image = new ServedImage(ServedImage.Layer("hello", "other"));
        room.Serve("two");
        Assert.Empty((await room.LockAsync()).Changes);
        Assert.Equal(text, File.ReadAllBytes(room.Lock));
        room.Image = before;
        Assert.Equal("BOLT2235", (await Assert.ThrowsAsync<BoltException>(() => room.BuildAsync("two"))).Diagnostic.Cause!.Code);
    }

    [Fact]
    public async Task Update_takes_what_is_named_and_says_what_it_was()
    {
        await room.LockAsync();
        room.Image = new ServedImage(ServedImage.Layer("hello", "other"));
        room.Serve("two");
        room.Archive.Add("tool", "1.1", Runtime.Tests.Packages.TestDeb.Make(".gz", Runtime.Tests.Packages.TestDeb.Folder("./bin/"))).Publish();
        var change = Assert.Single((await room.LockAsync(update: $"{room.Host}/x:1")).Changes);
        Assert.Equal(($"{room.Host}/x:1", "changed"), (change.Entry, change.Kind));
        Assert.EndsWith($"-> {Digest.Of(room.Image.Manifest)}", change.Text);
        Assert.Equal("tool 1.0 -> 1.1", Assert.Single((await room.LockAsync(update: "tool")).Changes).Text);
        Assert.Equal([$"{room.Host}/x:2", $"http://{room.Host}{LockRoom.Address}"], (await room.LockAsync(update: "app")).Changes.Select(c => c.Entry));
        var refused = (await Assert.ThrowsAsync<BoltException>(() => room.LockAsync(update: "nothing"))).Diagnostic;
        Assert.Equal("BOLT2234", refused.Code);

        // What nothing names any more goes.
        room.Write("app/Dockerfile", $"FROM {room.Host}/x:1\n");
        Assert.Equal(["removed", "removed"], (await room.LockAsync()).Changes.Select(c => c.Kind));
    }

    [Fact]
    public async Task Locked_starts_what_is_pinned_and_names_what_is_not()
    {
        var missing = await room.UpAsync("one", "tool");
        Assert.Equal(("BOLT2230", "tool/amd64"), (missing!.Code, missing.Message.Split('`')[1]));
        Assert.Contains("`bolt lock`", missing.Fix);
        Assert.Equal($"{room.Host}/x:1", (await room.UpAsync("one", "app"))!.Message.Split('`')[1]);
        Assert.False(File.Exists(room.Lock));
        Assert.Equal("BOLT2232", (await Assert.ThrowsAsync<BoltException>(() => room.BuildAsync("one"))).Diagnostic.Code);

        await room.LockAsync();
        var text = File.ReadAllBytes(room.Lock);
        Assert.Null(await room.UpAsync("one", "tool"));
        await room.BuildAsync("one");

        // Each kind by itself, found while it is built where no text names it.
        foreach (var (gone, named) in new[] { ($"\"{room.Host}/x:2\"", $"{room.Host}/x:2"), ("/files/tool.txt", $"http://{room.Host}{LockRoom.Address}") })
        {
            await File.WriteAllLinesAsync(room.Lock, Without(gone));
            var without = File.ReadAllBytes(room.Lock);
            var refused = (await Assert.ThrowsAsync<BoltException>(() => room.BuildAsync("one"))).Diagnostic;
            Assert.Equal(("BOLT2230", named), (refused.Cause!.Code, refused.Cause.Message.Split('`')[1]));
            Assert.Equal(without, File.ReadAllBytes(room.Lock));
            await File.WriteAllBytesAsync(room.Lock, text);
        }

        room.Write("tool.capsule.toml", File.ReadAllText(room.Project + "/tool.capsule.toml") + "stop_signal = \"SIGQUIT\"\n");
        var stale = await room.UpAsync("one", "tool");
        Assert.Equal(("BOLT2231", "tool/amd64"), (stale!.Code, stale.Message.Split('`')[1]));
        Assert.Equal(text, File.ReadAllBytes(room.Lock));
    }

    [Fact]
    public async Task A_vendored_project_needs_no_mirror_no_registry_and_no_address()
    {
        await room.LockAsync();
        var made = await room.BuildAsync("one");
        var report = await room.Runtime("one").VendorAsync(room.Boltfile, null, null, CancellationToken.None);
        Assert.Equal((room.Project + "/bolt.vendor", 4), (report.Folder, report.Entries));
        var text = File.ReadAllBytes(room.Lock);
        room.Open = false;
        Directory.Delete(room.Archive.Folder + "/mirror", recursive: true);
        var asked = room.Asked.Length;

        Assert.Null(await room.UpAsync("two", "tool"));
        Assert.Equal(made.Id, (await room.BuildAsync("two")).Id);
        // From its own copy it is written anew, byte for byte.
        await room.Runtime("three").VendorAsync(room.Boltfile, room.Folder + "/copy", null, CancellationToken.None);
        Assert.Equal(Names(room.Project + "/bolt.vendor"), Names(room.Folder + "/copy"));
        Assert.Equal(asked, room.Asked.Length);
        Assert.Equal(text, File.ReadAllBytes(room.Lock));

        // What a link in it leads to is neither filled nor cleared.
        var outside = Directory.CreateDirectory(room.Folder + "/outside").FullName;
        File.WriteAllText(outside + "/precious", "");
        Directory.CreateDirectory(room.Folder + "/linked/blobs");
        File.CreateSymbolicLink(room.Folder + "/linked/blobs/sha256", outside);
        var linked = await Assert.ThrowsAsync<BoltException>(() => room.Runtime("three").VendorAsync(room.Boltfile, room.Folder + "/linked", null, CancellationToken.None));
        Assert.Equal("BOLT2236", linked.Diagnostic.Code);
        Assert.Equal([outside + "/precious"], Directory.GetFileSystemEntries(outside));

        // Not one byte of it is believed.
        foreach (var file in Directory.GetFiles(room.Project + "/bolt.vendor/blobs/sha256"))
        {
            var bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
        Assert.Equal("BOLT2104", (await room.UpAsync("four", "tool"))!.Code);
        Assert.Equal("BOLT3001", Root((await Assert.ThrowsAsync<BoltException>(() => room.BuildAsync("four"))).Diagnostic).Code);
    }

    private string[] Without(string entry)
    {
        var lines = File.ReadAllLines(room.Lock).Where(l => !l.Contains(entry, StringComparison.Ordinal)).ToArray();
        // JSON has no comma after the last one, and no table without any.
        return [.. string.Join('\n', lines).Replace(",\n  }", "\n  }", StringComparison.Ordinal).Split('\n')];
    }

    private static Diagnostic Root(Diagnostic diagnostic) => diagnostic.Cause is { } cause ? Root(cause) : diagnostic;

    private static string[] Names(string folder) => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];
}
