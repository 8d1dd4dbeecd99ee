using System.Diagnostics;
using Bolt.TestKit;
using Npgsql;

namespace Bolt.Benchmarks;

/// <summary>
/// What a test that needs a database waits for: from the start of its process, and for each further test's own. The peer is a program
/// that prints a line when its first query is answered (BOLT_BENCH_TESTCONTAINERS).
/// </summary>
internal static class TestKitFigure
{
    public const string First = "testkit-first";

    public static async Task PrintAsync(int runs)
    {
        await using var stack = await BoltStack.Create("bench").Add("db", Capsule.Postgres()).WithWarmForks(0).StartAsync(CancellationToken.None);
        await QueryAsync(stack, "CREATE TABLE seeded AS SELECT n FROM generate_series(1, 10000) n");
        await PrintFirstAsync(Math.Min(runs, 10));

        List<double> started = [], cold = [], dispose = [], back = [];
        for (var run = 0; run <= runs; run++)
        {
            var start = Stopwatch.GetTimestamp();
            var fork = await stack.ForkAsync(CancellationToken.None);
            var ready = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await QueryAsync(fork, "SELECT count(*) FROM seeded");
            var forked = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            await fork.RollbackAsync(CancellationToken.None);
            await QueryAsync(fork, "SELECT count(*) FROM seeded");
            var rolled = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
            await fork.DisposeAsync();
            // The first one waits for the stack to stand still.
            if (run == 0)
                continue;
            started.Add(ready);
            cold.Add(forked);
            back.Add(rolled);
            dispose.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var (taken, pool) = await PooledAsync(stack, runs);
        Contest.PrintTimes($"a database for each further test (n={runs}, ms)",
            [("taken from the pool", taken), ("... to its first query", pool), ("cold fork", started), ("... to its first query", cold), ("rolled back", back), ("dispose of it", dispose)]);
    }

    /// <summary>The whole life of a process whose one test needs a database: the time of its first answer is what it prints.</summary>
    public static async Task RunFirstAsync()
    {
        await using var db = await Capsule.Postgres().StartAsync(CancellationToken.None);
        await QueryAsync(db.Stack, "SELECT count(*) FROM pg_class", "main");
        var age = DateTime.UtcNow - Process.GetCurrentProcess().StartTime.ToUniversalTime();
        Console.WriteLine(FormattableString.Invariant($"query {age.TotalMilliseconds:F1}"));
    }

    private static async Task PrintFirstAsync(int runs)
    {
        var bolt = new Peer("bolt", [Environment.ProcessPath!, First]);
        var peer = Peer.Find("testcontainers", "BOLT_BENCH_TESTCONTAINERS", "testcontainers-first");
        List<double> own = [], theirs = [];
        for (var run = 0; run <= runs; run++)
        {
            var (mine, other) = (await FirstAsync(bolt), peer is null ? 0 : await FirstAsync(peer));
            if (run == 0)
                continue;
            own.Add(mine);
            theirs.Add(other);
        }
        Contest.PrintTimes($"first query of a process (n={runs}, ms)",
            peer is null ? [("bolt", own)] : [("bolt", own), ("testcontainers", theirs)]);
    }

    private static async Task<double> FirstAsync(Peer program)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program.Command[0], [.. program.Command.Skip(1)]) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"{program.Name} printed nothing");
        var answered = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return line.Contains("query", StringComparison.Ordinal) ? answered : throw new InvalidOperationException(line);
    }

    // A test that takes as long as a fork does: the pool is refilled beside it.
    private static async Task<(List<double> Taken, List<double> Answered)> PooledAsync(BoltStack stack, int runs)
    {
        stack.WithWarmForks(2);
        await stack.FreezeAsync(CancellationToken.None);
        List<double> times = [], answers = [];
        for (var run = 0; run < runs + 3; run++)
        {
            var start = Stopwatch.GetTimestamp();
            var fork = await stack.ForkAsync(CancellationToken.None);
            var taken = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await QueryAsync(fork, "SELECT count(*) FROM seeded");
            var answered = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await QueryAsync(fork, "SELECT pg_sleep(0.2)");
            await fork.DisposeAsync();
            if (run < 3)
                continue;
            times.Add(taken);
            answers.Add(answered);
        }
        return (times, answers);
    }

    private static async Task QueryAsync(BoltStack stack, string text, string service = "db")
    {
        await using var connection = new NpgsqlConnection(stack[service].ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteScalarAsync();
    }
}
