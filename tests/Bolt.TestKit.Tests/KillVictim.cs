using Npgsql;

namespace Bolt.TestKit.Tests;

/// <summary>What a process that is made to be killed does: it takes forks and uses them, for as long as it lives.</summary>
public class KillVictim(Shop shop)
{
    [Fact(Explicit = true)]
    public async Task Works_until_it_is_killed()
    {
        while (true)
        {
            await using var fork = await shop.Stack.ForkAsync(TestContext.Current.CancellationToken);
            await using var source = NpgsqlDataSource.Create(fork["db"].ConnectionString + ";Pooling=false");
            await using var command = source.CreateCommand("DELETE FROM goods");
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            Console.WriteLine("forked");
        }
    }
}
