using System.CommandLine;
using System.Text.Json;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt push`: an image of the store to a registry.</summary>
internal static class PushCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print each event, and the digest at the end, as one line of JSON" };
    private static readonly Argument<string> Image = new Argument<string>("IMAGE") { Description = "A reference, a recipe's name, or the start of an id" }.WithoutOptions();
    private static readonly Argument<string?> Target = new Argument<string?>("TARGET") { Description = "Where to; without it, where the image's own name says", Arity = ArgumentArity.ZeroOrOne }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("push", "Send an image to a registry; prints its digest") { Json, Image, Target };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt push 127.0.0.1:5000/web:1              the image of that name",
            "bolt push nginx ghcr.io/owner/nginx:1       a recipe's image under another name");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var json = invocation.Value(Json);
        var view = TransferView.For(invocation.Screen, json);
        var digest = await view.ShowAsync(() => invocation.Runtime.PushAsync(
            invocation.Parsed.GetRequiredValue(Image), invocation.Parsed.GetValue(Target), view, invocation.Cancellation));
        invocation.Screen.Data(json ? JsonSerializer.Serialize(new TransferLine("pushed") { Digest = digest }, TransferJson.Default.TransferLine) : digest);
        return ExitCode.Done;
    }
}
