using System.Security.Cryptography;
using System.Text;
using Bolt.Diagnostics;
using Bolt.Host.Tests.Storage;
using Bolt.Images;
using Bolt.Registries;
using Bolt.Storage;

namespace Bolt.Host.Tests.Registries;

/// <summary>Pushes to Debian's registry, and to one that breaks off.</summary>
public sealed class PushTests : IAsyncDisposable
{
    private readonly Stores stores = new();
    private readonly InstantClock clock = new();

    public ValueTask DisposeAsync() => stores.DisposeAsync();

    private ImageStore Images => new(stores.Paths, stores.Content);

    [Fact]
    public async Task A_pushed_image_comes_back_the_same_and_is_mounted_into_a_second_repository()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var made = await MadeAsync(ServedImage.Layer("hello", "world"));
        var digest = await PushAsync(made, $"{registry.Host}/team/app:1");
        await using var other = new Stores();
        var pulled = await other.Registry().PullAsync(Ref($"{registry.Host}/team/app:1"), null, CancellationToken.None);
        Assert.Equal((made.Id, digest), (pulled.Id, pulled.Manifest!.Value));
        Assert.Equal("world", File.ReadAllText(other.Trees.Find(made.Config.DiffIds[0]) + "/hello"));

        // Whoever pulled it pushes it elsewhere in the same registry: nothing but names travels.
        var seen = new RegistryTests.Seen();
        var again = await other.Registry().PushAsync(pulled, Ref($"{registry.Host}/other/app:2"), seen, CancellationToken.None);
        Assert.Equal(digest, again);
        Assert.False(Assert.Single(seen.All.OfType<TransferEvent.LayerDone>()).Moved);
        Assert.Equal(made.Id, (await stores.Registry().PullAsync(Ref($"{registry.Host}/other/app:2"), null, CancellationToken.None)).Id);
    }

    [Fact]
    public async Task A_large_layer_travels_in_pieces_that_the_registry_takes()
    {
        await using var registry = await DebianRegistry.StartAsync(password: true);
        var config = stores.Folder + "/config.json";
        await stores.Registry(logins: config).LoginAsync(registry.Host, DebianRegistry.User, DebianRegistry.Password, CancellationToken.None);
        // More than three pieces, and it does not shrink.
        var made = await MadeAsync(ServedImage.Layer("large", Convert.ToBase64String(RandomNumberGenerator.GetBytes(1_000_000))));
        var refused = await Assert.ThrowsAsync<BoltException>(() => stores.Registry().PushAsync(made, Ref($"{registry.Host}/big:1"), null, CancellationToken.None));
        Assert.Equal(("BOLT2430", "BOLT2403"), (refused.Diagnostic.Code, refused.Diagnostic.Cause!.Code));
        await Small(config).PushAsync(made, Ref($"{registry.Host}/big:1"), null, CancellationToken.None);
        await using var other = new Stores();
        Assert.Equal(made.Id, (await other.Registry(logins: config).PullAsync(Ref($"{registry.Host}/big:1"), null, CancellationToken.None)).Id);
    }

    [Fact]
    public async Task A_registry_that_breaks_off_is_asked_how_far_it_came()
    {
        var blob = new MemoryStream();
        var manifests = new List<string>();
        var patches = 0;
        await using var registry = new ScriptedRegistry(asked =>
        {
            Dictionary<string, string> Place(params (string, string)[] more) => new(more.ToDictionary(m => m.Item1, m => m.Item2)) { ["Location"] = "/upload/1?state=x" };
            switch (asked.Method)
            {
                case "HEAD":
                    return Answer.Text(404);
                case "POST":
                    return Answer.Text(202) with { Headers = Place() };
                case "PATCH" when Interlocked.Increment(ref patches) == 1:
                    // Half of the piece is kept, then it fails.
                    blob.Write(asked.Body, 0, 1000);
                    return Answer.Text(503);
                case "GET" when asked.Path.StartsWith("/upload/", StringComparison.Ordinal):
                    return Answer.Text(204) with { Headers = Place(("Range", "0-999")) };
                case "PATCH" or "PUT" when asked.Path.StartsWith("/upload/", StringComparison.Ordinal):
                    blob.Write(asked.Body);
                    return Answer.Text(asked.Method == "PUT" ? 201 : 202) with { Headers = Place() };
                case "PUT":
                    manifests.Add(Encoding.UTF8.GetString(asked.Body));
                    return Answer.Text(201);
                default:
                    return Answer.Text(200, "{}");
            }
        });
        var made = await MadeAsync(ServedImage.Layer("large", Convert.ToBase64String(RandomNumberGenerator.GetBytes(1_000_000))));
        await PushAsync(made, $"{registry.Host}/x:1");
        var packed = Images.Find(made.Reference)!.Layers[0];
        Assert.Equal(packed.Blob, Digest.Of(blob.ToArray().AsSpan(0, (int)packed.Size)));
        Assert.Contains(packed.Blob.ToString(), Assert.Single(manifests), StringComparison.Ordinal);
        Assert.Contains(registry.Log, a => a.Method == "PATCH" && a.Header("Content-Range") == $"1000-{1000 + (1 << 18) - 1}");
    }

    private async Task<LocalImage> MadeAsync(byte[] tar)
    {
        var layer = await stores.Content.WriteAsync(new MemoryStream(tar), null, CancellationToken.None);
        return await Images.SaveAsync("docker.io/library/made:1", new OciConfig { Command = ["/hello"], DiffIds = [layer] }, CancellationToken.None);
    }

    private Task<Digest> PushAsync(LocalImage image, string target) =>
        Small(null).PushAsync(image, Ref(target), null, CancellationToken.None);

    private Registry Small(string? logins) =>
        new(null, logins, stores.Paths, stores.Content, stores.Trees, Images) { Clock = clock, Patience = new RegistryPatience { Piece = 1 << 18 } };

    private static ImageReference Ref(string text) => ImageReference.Parse(text).Value!;
}
