using Bolt.TestKit.Xunit;
using BoltTests;
#if (usePostgres)
using Npgsql;
#else
using StackExchange.Redis;
#endif

[assembly: AssemblyFixture(typeof(Services))]

namespace BoltTests;

/// <summary>The services of Boltfile.toml, started and prepared once for all tests of this assembly.</summary>
public sealed class Services : StackFixture<Stack>
{
    /// <summary>Migrate and seed here: every test begins with what is true when this returns.</summary>
    protected override async ValueTask PrepareAsync(CancellationToken cancellation)
    {
#if (usePostgres)
        await using var source = NpgsqlDataSource.Create(Stack.Db.ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand("CREATE TABLE notes (text text); INSERT INTO notes VALUES ('the first')");
        await command.ExecuteNonQueryAsync(cancellation);
#else
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Stack.Cache.ConnectionString);
        await redis.GetDatabase().ListRightPushAsync("notes", "the first");
#endif
    }
}
