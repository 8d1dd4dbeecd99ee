using Bolt.TestKit.Xunit;
using Npgsql;

namespace Bolt.TestKit.Tests;

/// <summary>A database, a cache and a web server, migrated and seeded once for the whole suite.</summary>
public sealed class Shop : StackFixture
{
    protected override BoltStack Define() => BoltStack.Create("shop", Kit.Options)
        .Add("db", Capsule.Postgres().WithUser("shop", "se;cr\"et"))
        .Add("cache", Capsule.Redis().WithUser("default", "hush"))
        .Add("web", Capsule.Nginx().WithFile("/usr/share/nginx/html/hello.txt", "hello from a file").WithWait(Wait.ForHttp("/hello.txt")));

    protected override async ValueTask PrepareAsync(CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(Stack["db"].ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand("CREATE TABLE goods (id int PRIMARY KEY, name text); INSERT INTO goods SELECT n, 'good ' || n FROM generate_series(1, 100) n");
        await command.ExecuteNonQueryAsync(cancellation);
        var sown = await Stack["cache"].ExecAsync(["redis-cli", "-a", "hush", "set", "seed", "sown"], cancellation);
        Assert.Equal("OK\n", sown.Text);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Kit.DeleteAsync();
    }
}
