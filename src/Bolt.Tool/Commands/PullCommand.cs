using System.CommandLine;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>`bolt pull`: an image from its registry into the store.</summary>
internal static class PullCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print each event, and the image at the end, as one line of JSON" };
    private static readonly Argument<string> Reference = new Argument<string>("IMAGE") { Description = "[HOST[:PORT]/]NAME[:TAG][@sha256:…]" }.WithoutOptions();

    public static Command Create()
    {
        var command = new Command("pull", "Fetch an image from a registry; prints its digest") { Json, Reference };
        Invocation.Bind(command, RunAsync);
        return command.WithExamples(
            "bolt pull nginx:1.27                        from docker.io, as Docker reads the name",
            "bolt pull ghcr.io/owner/app                 its tag `latest`",
            "bolt pull 127.0.0.1:5000/app@sha256:…       exactly this one");
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var json = invocation.Value(Json);
        var view = TransferView.For(invocation.Screen, json);
        var image = await view.ShowAsync(() => invocation.Runtime.PullAsync(invocation.Parsed.GetRequiredValue(Reference), view, invocation.Cancellation));
        invocation.Screen.Data(json ? ImageLine.Of(image) : image.Digest ?? image.Id);
        return ExitCode.Done;
    }
}
