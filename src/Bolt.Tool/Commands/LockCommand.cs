using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Boltfiles;
using Bolt.Builds;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt lock`: writes what a Boltfile's services are made of to bolt.lock, and says what has changed.</summary>
internal static class LockCommand
{
    private static readonly Option<string[]> Update = new("--update", "-u") { Description = "Resolve this service or entry anew; may be given again", HelpName = "NAME" };
    private static readonly Option<bool> Json = new("--json") { Description = "Print each change as one line of JSON" };
    private static readonly Argument<string[]> Services = Words.Services("Only what these are made of");

    public static Command Create()
    {
        var command = new Command("lock", "Pin what the stack is made of in bolt.lock; starts and builds nothing") { Update, Json, Services };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt lock                         add what is missing, take away what nothing names",
            "bolt lock --update db             the newest packages and images for db",
            "bolt lock --update nginx:1.27     what the tag stands for now",
            "bolt up --locked                  start exactly what is pinned, or say what is not");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (Boltfile(invocation) is not { } boltfile)
        {
            return ExitCode.Usage;
        }
        var report = await invocation.Runtime.LockAsync(
            boltfile, invocation.Values(Services), [.. invocation.Value(Update) ?? []], new SpokenProgress(invocation.Screen), invocation.Cancellation);
        if (invocation.Value(Json))
        {
            foreach (var change in report.Changes)
            {
                invocation.Screen.Data(JsonSerializer.Serialize(change, LockLineJson.Default.LockChange));
            }
            return ExitCode.Done;
        }
        foreach (var change in report.Changes)
        {
            invocation.Screen.Data(Words.Plain($"{change.Kind,-8}{change.Entry}  {change.Text}"));
        }
        invocation.Screen.Say(string.Create(CultureInfo.InvariantCulture, $"{report.Path}: {report.Entries} {(report.Entries == 1 ? "entry" : "entries")}, {Changed(report)}"));
        return ExitCode.Done;
    }

    /// <summary>The Boltfile that was meant; without one, a stack of the build that is here. Null after its problems were shown.</summary>
    public static Boltfile? Boltfile(Invocation invocation) =>
        invocation.HasBoltfile || !(File.Exists("Dockerfile") || Directory.EnumerateFiles(".", "*.*proj").Any())
            ? invocation.LoadBoltfile()
            : new BoltfileBuilder("build").AddService("build", new ServiceSource.Build(".")).Build().Value;

    private static string Changed(LockReport report) => report.Changes.Length == 0 ? "as before"
        : string.Create(CultureInfo.InvariantCulture, $"{report.Changes.Length} changed");
}

/// <summary>Says on standard error what is going on.</summary>
internal sealed class SpokenProgress(Screen screen) : IProgress<string>
{
    public void Report(string value) => screen.Say(value);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LockChange))]
internal sealed partial class LockLineJson : JsonSerializerContext;
