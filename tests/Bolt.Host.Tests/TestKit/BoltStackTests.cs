using Bolt.Diagnostics;
using Bolt.Host.Tests.Recipes;
using Bolt.TestKit;
using Npgsql;
using StackExchange.Redis;

namespace Bolt.Host.Tests.TestKit;

public class BoltStackTests(RecipeHost host)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_capsule_lives_as_long_as_its_test_needs_it()
    {
        string address;
        await using (var cache = await Capsule.Redis().WithUser("default", "secret").StartAsync(Cancellation, host.Runtime.Options))
        {
            address = cache.ConnectionString;
            await using var redis = await ConnectionMultiplexer.ConnectAsync(address);
            Assert.True(await redis.GetDatabase().StringSetAsync("key", "value"));
            Assert.NotEmpty(await cache.LogsAsync(Cancellation));
            Assert.Equal("value\n", (await cache.ExecAsync(["redis-cli", "-a", "secret", "get", "key"], Cancellation)).Text);
        }
        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(address + ",connectRetry=0,connectTimeout=500"));
    }

    [Fact]
    public async Task Forks_begin_with_the_data_that_was_prepared_and_go_their_own_ways()
    {
        await using var stack = await BoltStack.Create("shop", host.Runtime.Options)
            .Add("db", Capsule.Postgres().WithUser("shop", "secret"))
            .Add("cache", Capsule.Redis())
            .StartAsync(Cancellation);
        await SqlAsync(stack, "CREATE TABLE goods (n int); INSERT INTO goods VALUES (1), (2)");
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(stack["cache"].ConnectionString))
        {
            await redis.GetDatabase().StringSetAsync("seed", "sown");
        }

        await using var one = await stack.ForkAsync(Cancellation);
        await using var two = await stack.ForkAsync(Cancellation);
        await SqlAsync(one, "INSERT INTO goods VALUES (3)");
        Assert.Equal(3L, await SqlAsync(one, "SELECT count(*) FROM goods"));
        Assert.Equal(2L, await SqlAsync(two, "SELECT count(*) FROM goods"));
        Assert.Equal(2L, await SqlAsync(stack, "SELECT count(*) FROM goods"));
        Assert.Equal(5432, one["db"].Address.Port);
        Assert.Equal(5432, two["db"].Address.Port);
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(two["cache"].ConnectionString))
        {
            Assert.Equal("sown", (string?)await redis.GetDatabase().StringGetAsync("seed"));
        }

        await one.RollbackAsync(Cancellation);
        Assert.Equal(2L, await SqlAsync(one, "SELECT count(*) FROM goods"));
    }

    [Fact]
    public void A_bad_file_is_an_error_before_anything_starts()
    {
        var folder = Directory.CreateTempSubdirectory("bolt-kit-").FullName;
        try
        {
            File.WriteAllText(folder + "/Boltfile.toml", "project = \"kit\"\n[services.a]\nimagee = \"x\"\n");
            var thrown = Assert.Throws<BoltException>(() => BoltStack.FromFile(folder));
            Assert.StartsWith("BOLT1", thrown.Diagnostic.Code, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<object?> SqlAsync(BoltStack stack, string text)
    {
        await using var source = NpgsqlDataSource.Create(stack["db"].ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand(text);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
