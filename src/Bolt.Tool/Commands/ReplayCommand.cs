using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt replay`: the stack of a failed test, as it was when the test ended.</summary>
internal static class ReplayCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print events and endpoints as lines of JSON" };
    private static readonly Option<bool> Offline = new("--offline") { Description = "Fetch nothing: use what the snapshot and the caches have" };
    private static readonly Option<bool> Internet = new("--internet") { Description = "Let services reach the world, also where the test did not" };
    private static readonly Argument<string> Snapshot = new Argument<string>("FILE") { Description = "The attachment `stack.bolt` of a failed test" }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("replay", "Bring the stack of a failed test up as it was, beside everything else; Ctrl-C removes it") { Json, Offline, Internet, Snapshot };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt replay stack.bolt                      events, then where its services are reached",
            "TOKEN=x bolt replay stack.bolt              values from the environment are in no snapshot",
            "bolt exec --stack ID db psql                from another terminal; the first lines say the ID");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var screen = invocation.Screen;
        var json = invocation.Value(Json);
        var path = Path.GetFullPath(invocation.Parsed.GetRequiredValue(Snapshot));
        var options = new EphemeralOptions(invocation.Value(Internet), invocation.Value(Offline));
        ReplayedStack replayed;
        try
        {
            replayed = await invocation.Runtime.ReplayAsync(path, Environment.CurrentDirectory, options, Environment.GetEnvironmentVariable, invocation.Cancellation);
        }
        catch (OperationCanceledException) when (invocation.Interruption.Happened)
        {
            return ExitCode.Interrupted;
        }
        await using var stack = replayed.Stack;
        using var doors = new StackDoors(stack);
        if (!json)
        {
            screen.Say($"{replayed.Original}, {replayed.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}:");
        }
        foreach (var happened in replayed.Events)
        {
            if (json)
            {
                screen.Data(StackJson.Write(happened));
            }
            else
            {
                EventLine.Show(screen, happened);
            }
        }
        if (!json)
        {
            screen.Say($"\nup again as {stack.Name.Id}; Ctrl-C removes it:");
        }
        foreach (var endpoint in Endpoints(stack, doors))
        {
            screen.Data(json ? JsonSerializer.Serialize(endpoint, EndpointJson.Default.EndpointLine) : $"{endpoint.Service}  {endpoint.Url}");
        }
        await AwaitEndAsync(stack, invocation.Cancellation);
        return invocation.Interruption.Happened ? ExitCode.Done : ExitCode.Failed;
    }

    private static IEnumerable<EndpointLine> Endpoints(EphemeralStack stack, StackDoors doors) =>
        from service in stack.Boltfile.Services
        from port in stack.PortsOf(service.Name)
        let at = doors.EndpointOf(service.Name, port)
        let first = port == stack.PortsOf(service.Name)[0]
        select new EndpointLine("endpoint", stack.Name.Id, service.Name, port, at.ToString(), first ? stack.UrlOf(service.Name, at).ToString() : $"tcp://{at}");

    // Until someone asks it to end, here or by `bolt down --stack ID`.
    private static async Task AwaitEndAsync(EphemeralStack stack, CancellationToken cancellation)
    {
        try
        {
            await foreach (var _ in stack.WatchAsync(cancellation))
            {
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }
}

/// <summary>Where a port of a replayed stack is reached.</summary>
internal sealed record EndpointLine(string Event, string Stack, string Service, int Port, string At, string Url);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EndpointLine))]
internal sealed partial class EndpointJson : JsonSerializerContext;
