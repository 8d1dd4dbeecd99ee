using Bolt.Host.Tests.Registries;
using Bolt.Host.Tests.Surge;
using Bolt.Images;
using Bolt.Storage;
using Bolt.Surge;

namespace Bolt.Host.Tests.Images;

/// <summary>gc takes what nothing names, and nothing else.</summary>
public sealed class GarbageTests : IAsyncDisposable
{
    private readonly StackRoom room = new();
    private readonly StoragePaths paths;
    private readonly ServedImage image = new(ServedImage.Layer("hello", "world"));

    public GarbageTests() => paths = new StoragePaths(room.Folder + "/state", room.Folder + "/run", room.Folder + "/cache");

    public ValueTask DisposeAsync() => room.DisposeAsync();

    private Task<GarbageReport> CollectAsync(bool dry = false) => room.Runtime.CollectGarbageAsync(dry, TimeSpan.Zero, CancellationToken.None);

    private string[] Blobs => [.. Directory.GetFiles(paths.State + "/blobs/sha256").Select(f => Path.GetFileName(f)!)];

    [Fact]
    public async Task A_pulled_image_goes_when_its_name_and_its_pin_are_gone()
    {
        await using var registry = new ScriptedRegistry(image.Answer);
        var reference = $"{registry.Host}/x:t";
        await room.Runtime.PullAsync(reference, null, CancellationToken.None);
        Assert.Equal(new GarbageReport(0, 0, 0, 0), await CollectAsync());
        var tree = paths.State + "/trees/" + Digest.Of(image.Tars[0]).Hex;
        Assert.True(Directory.Exists(tree));

        // A lock that this store has served still pins it by digest.
        Directory.CreateDirectory(room.Folder + "/project");
        var pins = room.Folder + "/project/bolt.lock";
        File.WriteAllText(pins, $$"""{"version":1,"recipes":{},"images":{"{{reference}}":"{{Digest.Of(image.Manifest)}}"} }""");
        Bolt.Builds.KnownLocks.Note(paths, pins);
        Assert.Equal([reference], room.Runtime.RemoveImages([reference]));
        Assert.Equal(new GarbageReport(0, 0, 0, 0), await CollectAsync());
        Assert.Single(room.Runtime.ListImages(all: true));

        File.Delete(pins);
        var dry = await CollectAsync(dry: true);
        Assert.Equal((1, 3, 1), (dry.Images, dry.Blobs, dry.Trees));
        Assert.True(Directory.Exists(tree));
        Assert.Equal(dry, await CollectAsync());
        Assert.Empty(Blobs);
        Assert.False(Directory.Exists(tree));
    }

    [Fact]
    public async Task A_running_service_keeps_its_layers_whatever_its_name_does()
    {
        var file = room.File($"[services.a]\nimage = \"{room.Folder}/image\"\ncommand = [\"sleep\", \"1000000\"]\n");
        using var stop = new CancellationTokenSource();
        var trees = 0;
        await foreach (var happened in room.Runtime.UpAsync(file, new UpOptions([]), stop.Token))
        {
            Assert.False(happened is StackEvent.StepFailed, (happened as StackEvent.StepFailed)?.Diagnostic.ToString());
            if (happened is StackEvent.StackReady)
            {
                room.Runtime.RemoveImages([room.Folder + "/image"]);
                await CollectAsync();
                trees = Directory.GetDirectories(paths.State + "/trees").Length;
                await stop.CancelAsync();
            }
        }
        Assert.Equal(1, trees);
        Assert.Equal(1, (await CollectAsync()).Trees);
    }

    [Fact]
    public async Task What_a_living_transfer_wants_stays_and_a_dead_ones_wishes_do_not_count()
    {
        var content = new ContentStore(paths);
        var wanted = await content.WriteAsync(new MemoryStream([1]), null, CancellationToken.None);
        await content.WriteAsync(new MemoryStream([2]), null, CancellationToken.None);
        using (StoreLease.Take(paths, [wanted]))
        {
            Assert.Equal(1, (await CollectAsync()).Blobs);
            Assert.Equal([wanted.Hex], Blobs);
        }
        // As a killed process leaves it: there, and locked by nobody.
        await File.WriteAllTextAsync(paths.State + "/leases/dead", wanted.ToString());
        Assert.Equal(1, (await CollectAsync()).Blobs);
        Assert.Empty(Directory.GetFiles(paths.State + "/leases"));
    }
}
