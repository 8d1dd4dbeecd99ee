using Bolt.TestKit.Xunit;
#if (usePostgres)
using Npgsql;
#else
using StackExchange.Redis;
#endif

namespace BoltTests;

/// <summary>Each test has a copy of the prepared services of its own and may change what it likes.</summary>
public class NoteTests(Services services) : StackTest<Stack>(services)
{
    [Fact]
    public async Task A_note_can_be_added()
    {
        await AddAsync("the second");
        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public async Task Every_test_begins_with_the_prepared_notes()
    {
        Assert.Equal(1, await CountAsync());
        await AddAsync("only mine");
    }

#if (usePostgres)
    private async Task AddAsync(string text)
    {
        await using var source = NpgsqlDataSource.Create(Stack.Db.ConnectionString);
        await using var command = source.CreateCommand("INSERT INTO notes VALUES ($1)");
        command.Parameters.AddWithValue(text);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task<long> CountAsync()
    {
        await using var source = NpgsqlDataSource.Create(Stack.Db.ConnectionString);
        await using var command = source.CreateCommand("SELECT count(*) FROM notes");
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
#else
    private async Task AddAsync(string text)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Stack.Cache.ConnectionString);
        await redis.GetDatabase().ListRightPushAsync("notes", text);
    }

    private async Task<long> CountAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(Stack.Cache.ConnectionString);
        return await redis.GetDatabase().ListLengthAsync("notes");
    }
#endif
}
