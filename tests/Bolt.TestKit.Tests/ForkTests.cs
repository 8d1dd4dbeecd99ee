using Bolt.TestKit.Xunit;
using Npgsql;
using StackExchange.Redis;

namespace Bolt.TestKit.Tests;

/// <summary>Every test has its own copy of the shop, with the same ports, and may do with it what it likes.</summary>
public abstract class ForkTests(Shop shop) : StackTest(shop)
{
    [Fact]
    public async Task A_test_may_delete_everything()
    {
        Assert.Equal(100L, await SqlAsync("WITH gone AS (DELETE FROM goods RETURNING 1) SELECT count(*) FROM gone"));
        Assert.Equal(0L, await SqlAsync("SELECT count(*) FROM goods"));
    }

    [Fact]
    public async Task Another_finds_everything()
    {
        Assert.Equal(100L, await SqlAsync("SELECT count(*) FROM goods"));
        Assert.Equal(5432, Stack["db"].Address.Port);
        await SqlAsync("DROP TABLE goods");
    }

    [Fact]
    public async Task A_rollback_brings_all_services_back_at_once()
    {
        await SqlAsync("DELETE FROM goods");
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(Stack["cache"].ConnectionString))
        {
            Assert.Equal("sown", (string?)await redis.GetDatabase().StringGetAsync("seed"));
            await redis.GetDatabase().StringSetAsync("seed", "trampled");
        }
        await Stack.RollbackAsync(Cancellation);
        Assert.Equal(100L, await SqlAsync("SELECT count(*) FROM goods"));
        await using var again = await ConnectionMultiplexer.ConnectAsync(Stack["cache"].ConnectionString);
        Assert.Equal("sown", (string?)await again.GetDatabase().StringGetAsync("seed"));
    }

    [Fact]
    public async Task Services_answer_over_http_and_by_name()
    {
        Assert.Equal("hello from a file", await Stack["web"].Http.GetStringAsync("/hello.txt", Cancellation));
        var inside = await Stack["cache"].ExecAsync(["sh", "-c", "nc -w 5 db 5432 </dev/null && echo reached"], Cancellation);
        Assert.Equal("reached\n", inside.Text);
    }

    [Fact]
    public async Task Files_go_in_and_out_and_data_stays_across_a_restart()
    {
        byte[] content = [0, 1, 2, 255, 10];
        await Stack["cache"].WriteFileAsync("/data/kept", content, Cancellation);
        await Stack["cache"].RestartAsync(Cancellation);
        Assert.Equal(content, await Stack["cache"].ReadFileAsync("/data/kept", Cancellation));
    }

    [Fact]
    public async Task A_cut_cable_is_silence_until_it_is_healed()
    {
        using var held = await Stack["cache"].ConnectAsync(6379, Cancellation);
        Stack["cache"].Cut();
        await held.SendAsync("AUTH hush\r\n"u8.ToArray(), Cancellation);
        var answer = new byte[64];
        var heard = held.ReceiveAsync(answer, Cancellation).AsTask();
        var inside = await Stack["web"].ExecAsync(["sh", "-c", "wget -T 1 -O - http://cache:6379/ 2>&1"], Cancellation);
        Assert.NotEqual(0, inside.ExitCode);
        Assert.False(heard.IsCompleted);
        Stack["cache"].Heal();
        Assert.Equal("+OK\r\n", System.Text.Encoding.ASCII.GetString(answer, 0, await heard));
    }

    [Fact]
    public async Task Packets_to_a_service_can_be_late()
    {
        var lateness = TimeSpan.FromMilliseconds(300);
        try
        {
            Stack["cache"].Disturb(lateness);
        }
        catch (Bolt.Diagnostics.BoltException e) when (e.Diagnostic.Code == "BOLT9409")
        {
            Assert.Skip($"{e.Diagnostic.Code}: {e.Diagnostic.Message}");
        }
        var start = System.Diagnostics.Stopwatch.StartNew();
        using var late = await Stack["cache"].ConnectAsync(6379, Cancellation);
        Assert.True(start.Elapsed >= lateness, $"connected after {start.Elapsed}");
    }

    private async Task<object?> SqlAsync(string text)
    {
        await using var source = NpgsqlDataSource.Create(Stack["db"].ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand(text);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}

/// <summary>The same tests twice over, side by side.</summary>
public sealed class OneForkTests(Shop shop) : ForkTests(shop);

/// <inheritdoc cref="OneForkTests"/>
public sealed class OtherForkTests(Shop shop) : ForkTests(shop);
