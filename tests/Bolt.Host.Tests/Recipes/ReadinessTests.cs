using System.Net;
using Bolt.Boltfiles;
using Bolt.Surge;

namespace Bolt.Host.Tests.Recipes;

/// <summary>Never ready before it is true: the first client after the event is answered.</summary>
public class ReadinessTests(RecipeHost host)
{
    private const int Starts = 3;

    public static TheoryData<string> Recipes() => [.. FirstWords.All.Select(w => w.Recipe)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public Task The_first_client_after_ready_is_answered(string recipe) => AnsweredAsync(host.Runtime, recipe, Starts);

    /// <summary>What this machine's Debian is or is not: the next one's programs are of other versions.</summary>
    [Theory]
    [MemberData(nameof(Recipes))]
    public Task Of_Debian_13_too(string recipe) => AnsweredAsync(host.Trixie, recipe, 1);

    private async Task AnsweredAsync(BoltRuntime runtime, string recipe, int starts)
    {
        var words = FirstWords.All.Single(w => w.Recipe == recipe);
        for (var start = 0; start < starts; start++)
        {
            var file = host.File(words.Services(""));
            using var stop = new CancellationTokenSource();
            IPEndPoint? at = null;
            bool? answered = null;
            var events = new List<StackEvent>();
            await foreach (var happened in runtime.UpAsync(file, new UpOptions([]), stop.Token))
            {
                events.Add(happened);
                // A host port that Bolt chose is known before anything starts.
                if (happened is StackEvent.ServiceStarted)
                {
                    var port = (await runtime.StatusAsync(file, CancellationToken.None))!.Services[0].Ports[0].HostPort;
                    at = new IPEndPoint(IPAddress.Loopback, port);
                }
                if (happened is not StackEvent.ServiceReady) continue;
                // The client's only try; it may wait for its answer as long as a slow machine needs.
                answered = words.IsAnsweredAt(at!, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
                await stop.CancelAsync();
            }
            Assert.Empty(events.OfType<StackEvent.StepFailed>());
            Assert.True(answered, $"{recipe}, start {start + 1}");
        }
    }
}
