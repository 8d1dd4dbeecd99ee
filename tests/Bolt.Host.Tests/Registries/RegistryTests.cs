using Bolt.Diagnostics;
using Bolt.Host.Tests.Storage;
using Bolt.Host.Tests.Surge;
using Bolt.Images;
using Bolt.Storage;
using Bolt.Surge;

namespace Bolt.Host.Tests.Registries;

/// <summary>Against Debian's docker-registry, with images that skopeo and umoci made.</summary>
public sealed class RegistryTests : IAsyncDisposable
{
    private readonly Stores stores = new();
    private readonly StackRoom room = new();

    public async ValueTask DisposeAsync()
    {
        await stores.DisposeAsync();
        await room.DisposeAsync();
    }

    [Theory]
    [InlineData("oci", "gzip")]
    [InlineData("oci", "zstd")]
    [InlineData("oci", null)]
    [InlineData("v2s2", "gzip")]
    public async Task An_image_of_skopeo_is_pulled_however_it_is_packed(string format, string? compression)
    {
        await using var registry = await DebianRegistry.StartAsync();
        string[] packing = compression is null ? [] : ["--dest-compress", "--dest-compress-format", compression];
        await registry.SkopeoAsync([.. packing, "--format", format, $"oci:{room.Folder}/image", $"docker://{registry.Host}/team/app:1"]);
        var events = new Seen();
        var image = await PullAsync(registry.Host, events);
        var tree = stores.Trees.Find(image.Config.DiffIds[0])!;
        Assert.Equal(new FileInfo("/bin/busybox").Length, new FileInfo(tree + "/bin/busybox").Length);
        Assert.Equal(image.Layers[0].Size, events.All.OfType<TransferEvent.LayerMoved>().Max(e => e.Done));
        Assert.True(events.All.OfType<TransferEvent.LayerDone>().Single().Moved);
        // Once more: nothing moves.
        var again = new Seen();
        Assert.Equal(image.Id, (await PullAsync(registry.Host, again)).Id);
        Assert.False(again.All.OfType<TransferEvent.LayerDone>().Single().Moved);
    }

    [Fact]
    public async Task A_password_is_asked_for_and_taken_from_Dockers_file()
    {
        await using var registry = await DebianRegistry.StartAsync(password: true);
        await registry.SkopeoAsync("--dest-creds", $"{DebianRegistry.User}:{DebianRegistry.Password}", $"oci:{room.Folder}/image", $"docker://{registry.Host}/team/app:1");
        var refused = await Assert.ThrowsAsync<BoltException>(() => PullAsync(registry.Host));
        Assert.Equal("BOLT2403", refused.Diagnostic.Cause!.Code);
        var config = stores.Folder + "/docker/config.json";
        var login = stores.Registry(logins: config);
        await Assert.ThrowsAsync<BoltException>(() => login.LoginAsync(registry.Host, DebianRegistry.User, "wrong", CancellationToken.None));
        Assert.False(File.Exists(config));
        await login.LoginAsync(registry.Host, DebianRegistry.User, DebianRegistry.Password, CancellationToken.None);
        Assert.NotEmpty((await PullAsync(registry.Host, logins: config)).Layers);
    }

    [Fact]
    public async Task A_certificate_is_trusted_when_its_authority_is_named()
    {
        await using var registry = await DebianRegistry.StartAsync(tls: true);
        await registry.SkopeoAsync($"oci:{room.Folder}/image", $"docker://{registry.Host}/team/app:1");
        var refused = await Assert.ThrowsAsync<BoltException>(() => PullAsync(registry.Host));
        Assert.Equal("BOLT2414", refused.Diagnostic.Cause!.Code);
        File.WriteAllText(stores.Folder + "/registries.toml", $"[registries.\"{registry.Host}\"]\nca = \"{registry.Authority}\"\n");
        Assert.NotEmpty((await PullAsync(registry.Host, settings: stores.Folder + "/registries.toml")).Layers);
    }

    [Fact]
    public async Task A_stack_pins_what_it_pulled_and_comes_up_again_without_the_registry()
    {
        string reference;
        await using (var registry = await DebianRegistry.StartAsync())
        {
            reference = $"{registry.Host}/team/app:1";
            await registry.SkopeoAsync($"oci:{room.Folder}/image", $"docker://{reference}");
            await UpDownAsync(reference);
        }
        var pins = File.ReadAllText(room.Folder + "/bolt.lock");
        Assert.Contains($"\"{reference}\": \"sha256:", pins, StringComparison.Ordinal);
        await UpDownAsync(reference);
        Assert.Equal(pins, File.ReadAllText(room.Folder + "/bolt.lock"));
    }

    private async Task UpDownAsync(string reference)
    {
        var file = room.File($"[services.a]\nimage = \"{reference}\"\ncommand = [\"sleep\", \"1000000\"]\n");
        using var stop = new CancellationTokenSource();
        var ready = false;
        await foreach (var happened in room.Runtime.UpAsync(file, new UpOptions([], DieWithOwner: true), stop.Token))
        {
            Assert.False(happened is StackEvent.StepFailed, (happened as StackEvent.StepFailed)?.Diagnostic.ToString());
            if (happened is StackEvent.StackReady)
            {
                ready = true;
                await stop.CancelAsync();
            }
        }
        Assert.True(ready);
    }

    private Task<LocalImage> PullAsync(string host, Seen? events = null, string? settings = null, string? logins = null) =>
        stores.Registry(settings, logins).PullAsync(ImageReference.Parse($"{host}/team/app:1").Value!, events, CancellationToken.None);

    internal sealed class Seen : IProgress<TransferEvent>
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<TransferEvent> seen = new();

        public TransferEvent[] All => [.. seen];

        public void Report(TransferEvent value) => seen.Enqueue(value);
    }
}
