using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bolt.Boltfiles;
using Bolt.Host.Tests.Recipes;
using Bolt.Launch;
using Bolt.Storage;
using Bolt.Surge;

namespace Bolt.Benchmarks;

/// <summary>
/// How far the ready event is from the moment at which a service could answer. A client beside tries again and again over
/// the published port; that moment is its first true answer, less what an answer takes anyway. The event counts when the
/// reader of <see cref="BoltRuntime.UpAsync"/> has it.
/// </summary>
internal static class ReadyFigure
{
    private static readonly TimeSpan ToConnect = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ToAnswer = TimeSpan.FromSeconds(10);

    public static async Task PrintAsync(int runs)
    {
        // Below /tmp or /var/tmp the mapped ids can pass.
        var folder = Directory.CreateDirectory(Path.Combine("/var/tmp", $"bolt-ready-{Environment.ProcessId}")).FullName;
        var options = BoltOptions.FromEnvironment(Environment.GetEnvironmentVariable, Environment.UserName == "root");
        var runtime = new BoltRuntime(options with { RunFolder = folder + "/run" });
        try
        {
            Console.WriteLine($"ready event, after the service could answer (n={runs}, ms)");
            Console.WriteLine($"  {"",-12}{"median",10}{"min",10}{"max",10}{"an answer takes",18}{"failed after ready",20}");
            foreach (var words in FirstWords.All)
            {
                await OnceAsync(runtime, folder, words);
                var starts = new List<Start>();
                for (var run = 0; run < runs; run++) starts.Add(await OnceAsync(runtime, folder, words));
                var gaps = starts.Select(s => s.Gap).Order().ToArray();
                var answers = starts.Select(s => s.Answer).Order().ToArray();
                Console.WriteLine(FormattableString.Invariant(
                    $"  {words.Recipe,-12}{gaps[runs / 2],10:F2}{gaps[0],10:F2}{gaps[^1],10:F2}{answers[runs / 2],18:F2}{starts.Count(s => s.TooEarly),20}"));
            }
        }
        finally
        {
            await new MappedFiles(ShimLocation.Find(null)!, IdMap.OfCurrentUser()).DeleteTreeAsync(folder, CancellationToken.None);
        }
    }

    private static async Task<Start> OnceAsync(BoltRuntime runtime, string folder, FirstWords words)
    {
        var at = FreePort();
        var read = BoltfileReader.Read(folder + "/Boltfile.toml", "project = \"ready\"\n" + words.Services($"{at.Port}"));
        using var stop = new CancellationTokenSource();
        var client = new Client(words, at);
        long ready = 0;
        await foreach (var happened in runtime.UpAsync(read.Value!, new UpOptions([]), stop.Token))
        {
            if (happened is StackEvent.ServiceStarted) client.Start();
            if (happened is StackEvent.StepFailed failed) throw new InvalidOperationException(failed.Diagnostic.Message);
            if (happened is not StackEvent.ServiceReady || ready != 0) continue;
            ready = Stopwatch.GetTimestamp();
            _ = client.Answered.Task.ContinueWith(_ => stop.Cancel(), TaskScheduler.Default);
        }
        var (answered, ordinary) = await client.Answered.Task;
        var answer = Stopwatch.GetElapsedTime(0, ordinary).TotalMilliseconds;
        return new Start(Stopwatch.GetElapsedTime(answered - ordinary, ready).TotalMilliseconds, answer, client.LastFailed > ready);
    }

    // A port that the test could only learn of when the stack is up would be too late.
    private static IPEndPoint FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return (IPEndPoint)probe.LocalEndpoint;
    }

    /// <summary>One start: milliseconds from the true moment to the event and of one answer; a client failed that came after the event.</summary>
    private sealed record Start(double Gap, double Answer, bool TooEarly);

    /// <summary>A thread that asks until it is answered.</summary>
    private sealed class Client(FirstWords words, IPEndPoint at)
    {
        /// <summary>When the first true answer was there, and what an answer takes, in ticks of the stopwatch.</summary>
        public TaskCompletionSource<(long At, long Ordinary)> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>When the last attempt began that was not answered.</summary>
        public long LastFailed { get; private set; }

        public void Start() => new Thread(Ask) { IsBackground = true }.Start();

        private void Ask()
        {
            var begun = Stopwatch.GetTimestamp();
            for (; !words.IsAnsweredAt(at, ToConnect, ToAnswer); begun = Stopwatch.GetTimestamp()) LastFailed = begun;
            var answered = Stopwatch.GetTimestamp();
            var ordinary = answered - begun;
            for (var more = 0; more < 5; more++)
            {
                begun = Stopwatch.GetTimestamp();
                if (!words.IsAnsweredAt(at, ToConnect, ToAnswer)) LastFailed = begun;
                ordinary = Math.Min(ordinary, Stopwatch.GetTimestamp() - begun);
            }
            Answered.SetResult((answered, ordinary));
        }
    }
}
