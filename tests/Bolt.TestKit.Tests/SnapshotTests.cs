using System.Text;
using Bolt.Diagnostics;
using Bolt.TestKit.Xunit;
using Npgsql;
using StackExchange.Redis;

namespace Bolt.TestKit.Tests;

/// <summary>What a stack held is a file, and the file a stack again.</summary>
public sealed class SnapshotTests(Shop shop) : StackTest(shop)
{
    private const string Word = "BOLT_KIT_SECRET_WORD";

    private readonly string folder = Directory.CreateTempSubdirectory("bolt-snapshot-").FullName;
    private readonly BoltRuntime runtime = new(Kit.Options);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_snapshot_is_brought_up_beside_its_original()
    {
        await SqlAsync(Stack["db"].ConnectionString, "DELETE FROM goods WHERE id > 40");
        using (var redis = await ConnectionMultiplexer.ConnectAsync(Stack["cache"].ConnectionString)) await redis.GetDatabase().StringSetAsync("seed", "grown");
        await Stack["web"].WriteFileAsync("/tmp/note", "kept"u8.ToArray(), Cancellation);
        var file = Path.Combine(folder, "stack.bolt");
        await Stack.SnapshotAsync(file, Cancellation);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        // The original goes on with what it had.
        Assert.Equal(40L, await SqlAsync(Stack["db"].ConnectionString, "SELECT count(*) FROM goods"));
        await SqlAsync(Stack["db"].ConnectionString, "DELETE FROM goods");

        var replayed = await runtime.ReplayAsync(file, "/", new EphemeralOptions(Offline: true), Environment.GetEnvironmentVariable, Cancellation);
        await using (replayed.Stack)
        {
            using var doors = new StackDoors(replayed.Stack);
            Assert.Equal(Stack.Name.Id, replayed.Original);
            Assert.Contains(replayed.Events, e => e is Surge.StackEvent.ServiceReady { Service: "db" });
            var login = replayed.Stack.LoginOf("db")!;
            var at = doors.EndpointOf("db", 5432);
            var source = new NpgsqlConnectionStringBuilder { Host = at.Address.ToString(), Port = at.Port, Username = login.User, Password = login.Password, Database = login.Database };
            Assert.Equal(40L, await SqlAsync(source.ToString(), "SELECT count(*) FROM goods"));
            var cache = doors.EndpointOf("cache", 6379);
            using (var redis = await ConnectionMultiplexer.ConnectAsync($"{cache},password=hush")) Assert.Equal("grown", (string?)await redis.GetDatabase().StringGetAsync("seed"));
            using var http = new HttpClient();
            Assert.Equal("hello from a file", await http.GetStringAsync($"http://{doors.EndpointOf("web", 80)}/hello.txt", Cancellation));
            Assert.Equal("kept", await OutputAsync(replayed.Stack, "web", "cat", "/tmp/note"));
            // It is a stack like others: it goes back to what it began with.
            await SqlAsync(source.ToString(), "DELETE FROM goods");
            await replayed.Stack.RollbackAsync(Cancellation);
            Assert.Equal(40L, await SqlAsync(source.ToString(), "SELECT count(*) FROM goods"));
        }
        Assert.Equal(0L, await SqlAsync(Stack["db"].ConnectionString, "SELECT count(*) FROM goods"));
        // Its files go a moment after its end.
        var place = $"{Kit.Folder}/state/ephemeral/{replayed.Stack.Name.Id}";
        for (var look = 0; look < 500 && Directory.Exists(place); look++) await Task.Delay(20, Cancellation);
        Assert.False(Directory.Exists(place));
    }

    [Fact]
    public async Task Values_of_the_environment_are_in_no_snapshot()
    {
        Environment.SetEnvironmentVariable(Word, "c4nary");
        await File.WriteAllTextAsync(folder + "/Boltfile.toml", $$"""
            project = "words"
            [services.sh]
            image = "bolt://busybox"
            command = ["sleep", "1000000"]
            env = { TOKEN = "Bearer ${{{Word}}}", PLAIN = "written out", OTHER = "${BOLT_KIT_UNSET:-default}" }
            volumes = ["data:/data"]
            """, Cancellation);
        var file = Path.Combine(folder, "stack.bolt");
        await using (var stack = await BoltStack.FromFile(folder, Kit.Options).StartAsync(Cancellation))
        {
            Assert.Equal("Bearer c4nary\n", (await stack["sh"].ExecAsync(["sh", "-c", "echo $TOKEN"], Cancellation)).Text);
            await stack["sh"].WriteFileAsync("/data/x", "of a volume"u8.ToArray(), Cancellation);
            await stack.SnapshotAsync(file, Cancellation, goOn: false);
        }
        using (var packed = File.OpenRead(file))
        {
            using var text = new StreamReader(new ZstdSharp.DecompressionStream(packed), Encoding.Latin1);
            var all = await text.ReadToEndAsync(Cancellation);
            Assert.DoesNotContain("c4nary", all, StringComparison.Ordinal);
            Assert.Contains("written out", all, StringComparison.Ordinal);
        }
        var missing = await Assert.ThrowsAsync<BoltException>(() => runtime.ReplayAsync(file, "/", new EphemeralOptions(), _ => null, Cancellation));
        Assert.Equal("BOLT6063", missing.Diagnostic.Code);
        var replayed = await runtime.ReplayAsync(file, "/", new EphemeralOptions(), name => name == Word ? "mine" : null, Cancellation);
        await using (replayed.Stack)
        {
            Assert.Equal("Bearer mine\nwritten out\ndefault\nof a volume", await OutputAsync(replayed.Stack, "sh", "sh", "-c", "echo $TOKEN; echo $PLAIN; echo $OTHER; cat /data/x"));
        }
    }

    [Fact]
    public async Task What_was_built_is_in_the_snapshot_and_another_machine_has_no_need_of_its_source()
    {
        var app = Directory.CreateDirectory(folder + "/app").FullName;
        await File.WriteAllTextAsync(app + "/Dockerfile", "FROM busybox\nCOPY word /word\nCMD [\"sleep\", \"1000000\"]\n", Cancellation);
        await File.WriteAllTextAsync(app + "/word", "of the build", Cancellation);
        await File.WriteAllTextAsync(folder + "/Boltfile.toml", "project = \"built\"\n[services.app]\nbuild = \"./app\"\n", Cancellation);
        var file = Path.Combine(folder, "stack.bolt");
        await using (var stack = await BoltStack.FromFile(folder, Kit.Options).StartAsync(Cancellation))
        {
            await stack["app"].ExecAsync(["sh", "-c", "echo and of the test >>/word"], Cancellation);
            await stack.SnapshotAsync(file, Cancellation, goOn: false);
        }
        Directory.Delete(app, recursive: true);
        // Another machine: what it has is what was fetched once, so that no archive is asked.
        var elsewhere = new BoltRuntime(Kit.Options with { StateFolder = Kit.Folder + "/elsewhere" });
        var replayed = await elsewhere.ReplayAsync(file, "/", new EphemeralOptions(Offline: true), _ => null, Cancellation);
        await using (replayed.Stack)
        {
            Assert.Equal("of the buildand of the test\n", await OutputAsync(replayed.Stack, "app", "cat", "/word"));
        }
        for (var look = 0; look < 500 && Directory.EnumerateFileSystemEntries(Kit.Folder + "/elsewhere/ephemeral").Any(); look++) await Task.Delay(20, Cancellation);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Kit.Folder + "/elsewhere/ephemeral"));
    }

    [Fact]
    public async Task What_is_too_large_or_no_snapshot_is_refused_and_leaves_nothing()
    {
        var file = Path.Combine(folder, "stack.bolt");
        var large = await Assert.ThrowsAsync<BoltException>(() => Stack.SnapshotAsync(file, Cancellation, maxBytes: 100_000));
        Assert.Equal("BOLT6060", large.Diagnostic.Code);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        Assert.Equal(100L, await SqlAsync(Stack["db"].ConnectionString, "SELECT count(*) FROM goods"));

        await Stack.SnapshotAsync(file, Cancellation, goOn: false);
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        foreach (var damaged in (byte[][])[bytes[..(bytes.Length / 2)], bytes[..100], [], "no archive"u8.ToArray()])
        {
            await File.WriteAllBytesAsync(file, damaged, Cancellation);
            var refused = await Assert.ThrowsAsync<BoltException>(() => runtime.ReplayAsync(file, "/", new EphemeralOptions(Offline: true), Environment.GetEnvironmentVariable, Cancellation));
            Assert.StartsWith("BOLT", refused.Diagnostic.Code, StringComparison.Ordinal);
        }
    }

    private static async Task<object?> SqlAsync(string at, string text)
    {
        await using var source = NpgsqlDataSource.Create(at + ";Pooling=false");
        await using var command = source.CreateCommand(text);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private static async Task<string> OutputAsync(EphemeralStack stack, string service, params string[] command)
    {
        using var output = new MemoryStream();
        await stack.ExecAsync(new Surge.ExecOptions(service, [.. command], System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty, null, null, false),
            new Surge.CallerStreams(null, output, output), Cancellation);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
